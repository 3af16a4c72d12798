// An answer as bytes on a socket, as Node's server would write it.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Answer, SERVER } from './reply.ts';

/**
 * The caller sees to it that no header's value comes from outside.
 * @param keepAliveMs null closes the connection
 */
export function writePlain(
  socket: Socket,
  { status, headers, body }: Answer,
  keepAliveMs: number | null,
): void {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  const length = Buffer.byteLength(body);
  const manner = keepAliveMs === null ? 'close' : `keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}`;
  head += `Server: ${SERVER}\r\nContent-Length: ${length}\r\nDate: ${date()}\r\nConnection: ${manner}\r\n\r\n`;
  // One write, and so one packet. What is as long in UTF-8 as in characters is ASCII.
  if (length === body.length && typeof body === 'string') socket.write(head + body, 'latin1');
  else socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body as string)]));
  if (keepAliveMs !== null) return;
  if (socket.writableLength === 0) socket.destroy();
  else socket.destroySoon();
}

let second = Number.NaN;
let written = '';

/** The time of day in whole seconds; the same text for as long as it is true. */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    written = new Date(now * 1000).toUTCString();
  }
  return written;
}

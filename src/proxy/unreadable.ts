// The answer to bytes that are no request: in the form of all others, so that a client which looks for the
// real server's name, or a person for a cause, finds it here as well.
import type { Socket } from 'node:net';
import { writePlain } from './plain-answer.ts';
import { type Answer, refusal } from './reply.ts';

/** For the `clientError` of Node's server. Closes the connection. */
export function answerUnreadable({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code !== 'ECONNRESET' && socket.writable) writePlain(socket, answerTo(code), null);
  else socket.destroy();
}

function answerTo(code: string | undefined): Answer {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return refusal(408, 'RequestTimeout', 'the request did not come within its time');
  if (code === 'HPE_HEADER_OVERFLOW')
    return refusal(431, 'HeadersTooLarge', 'the path and headers are longer than 16 KiB');
  return refusal(400, 'BadRequest', 'this is not HTTP/1.1 as it can be read without a doubt');
}

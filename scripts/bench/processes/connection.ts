// One client connection, as light as can be: writes a request as bytes and waits for the end of its
// answer, so that the generator needs less CPU time than what it loads.
import net from 'node:net';

export interface Received {
  status: number;
  /** Head and body as they came. */
  text: string;
}

export interface Connection {
  /** One at a time. Rejects when the connection ends before the answer does. */
  send(request: string): Promise<Received>;
  close(): void;
}

export function connect(port: number, from: string): Connection {
  const socket = net.connect({ host: '127.0.0.1', port, localAddress: from });
  socket.setNoDelay(true);
  let chunks: string[] = [];
  let missing = -1;
  let waiting: { resolve: (received: Received) => void; reject: (error: Error) => void } | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: unknown) => {
    chunks.push(chunk as string);
    missing = missing < 0 ? missingOf(chunks.join('')) : missing - (chunk as string).length;
    if (missing !== 0 || !waiting) return;
    const text = chunks.join('');
    const { resolve } = waiting;
    waiting = null;
    chunks = [];
    missing = -1;
    resolve({ status: Number(text.slice(9, 12)), text });
  });
  const fail = (error?: Error) =>
    waiting?.reject(error ?? new Error('the connection ended before the answer'));
  socket.on('error', fail);
  socket.on('close', () => fail());
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => socket.destroy(),
  };
}

/** Characters of the body that have not come yet; below 0 when not even the head is complete. */
function missingOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return Math.max(0, head + 4 + length - text.length);
}

/** A request as an SDK sends it. */
export const requestText = (
  method: 'GET' | 'PUT',
  path: string,
  headers: Record<string, string>,
  keepsAlive = true,
): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: 169.254.169.254',
    'User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64 lang/python#3.12',
    'Accept-Encoding: identity',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(keepsAlive ? [] : ['Connection: close']),
    '',
    '',
  ].join('\r\n');

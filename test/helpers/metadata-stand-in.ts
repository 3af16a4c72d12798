// A tiny metadata endpoint and STS for the probe script: answers by a table, and remembers what was asked.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  status: number;
  body: string;
  delayMs?: number;
}

export interface StandIn {
  url: string;
  /** `METHOD path`, in order. */
  asked: string[];
  /** Headers of each request, in order. */
  headers: IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** @param answer for `METHOD path` and whether the right session token came along */
export async function startStandIn(
  answer: (request: { line: string; hasToken: boolean; headers: IncomingMessage['headers'] }) => Answer,
  token = 'TOKEN123',
): Promise<StandIn> {
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server: Server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    asked.push(line);
    headers.push(request.headers);
    const hasToken = request.headers['x-aws-ec2-metadata-token'] === token;
    const { status, body, delayMs = 0 } = answer({ line, hasToken, headers: request.headers });
    request.resume();
    setTimeout(() => response.writeHead(status).end(body), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

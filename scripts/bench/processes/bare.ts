// The yardstick: a server of node:http alone that knows one answer, or several by address, and sends
// the same bytes as the daemon.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../remote.ts';

let server: Server;

export const bare = {
  /** @param delayMs before each answer; 0 answers at once */
  async start(headers: Record<string, string>, body: string, delayMs = 0): Promise<number> {
    const bytes = Buffer.from(body);
    server = createServer({ keepAliveTimeout: 75_000 }, (_request, response) => {
      const answer = () => {
        response.writeHead(200, headers);
        response.end(bytes);
      };
      if (delayMs === 0) answer();
      else setTimeout(answer, delayMs);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  },
  async stop(): Promise<void> {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  },
};

export type Bare = typeof bare;

serve(bare);

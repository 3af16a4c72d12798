// How the emulated services open and close their HTTP servers.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** @returns the URL; port 0 is any that is free, and the host is the loopback unless one is given */
export async function listen(server: Server, to: { host?: string; port?: number }): Promise<string> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(to.port ?? 0, to.host ?? '127.0.0.1', done);
  });
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Does not wait for clients that keep their connections open. */
export const close = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });

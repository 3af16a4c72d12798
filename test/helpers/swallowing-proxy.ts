// A TCP proxy that can be told to swallow: its connections stay open and go on being read, but nothing
// comes through any more. So is a path whose firewall or NAT has forgotten a connection.
import net, { type AddressInfo } from 'node:net';

export interface SwallowingProxy {
  port: number;
  /** All connections of this moment fall silent, without either end being told. */
  swallow(): void;
  close(): Promise<void>;
}

export async function startSwallowingProxy(targetPort: number): Promise<SwallowingProxy> {
  const sockets = new Set<net.Socket>();
  let silenced = new WeakSet<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => silenced.has(from) || to.write(bytes));
      from.on('end', () => silenced.has(from) || to.end());
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!silenced.has(from)) to.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      silenced = new WeakSet(sockets);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

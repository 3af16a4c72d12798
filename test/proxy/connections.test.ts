// What one address may take of the daemon, over real sockets: how many connections, how many requests.
import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import {
  type Closed,
  type ConnectionLimits,
  Connections,
  connectionLimits,
} from '../../src/proxy/connections.ts';
import { createLog } from '../../src/proxy/log.ts';
import { createMetrics } from '../../src/proxy/metrics.ts';
import { text } from '../../src/proxy/reply.ts';
import { metadataServer } from '../../src/proxy/server.ts';
import { until } from './world.ts';

const LIMITS: ConnectionLimits = { perAddress: 4, inAll: 8, perTurn: 1_000, ahead: 3 };
type Written = (path: string) => string;
const plain: Written = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
/** Read by Node's server, for a byte that no plain one holds. */
const forNode: Written = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Odd: \u00e9\r\n\r\n`;

/** Answers `/…` at once with the address, `/wait` when it is let go. */
async function startServer(limits: Partial<ConnectionLimits> = {}) {
  const closed: [string, Closed][] = [];
  const held: (() => void)[] = [];
  const connections = new Connections({ ...LIMITS, ...limits }, (address, how) =>
    closed.push([address, how]),
  );
  const app = metadataServer(
    ({ address, requestLine }) => {
      const routed = { route: 'listing' as const, answer: text(`${address} ${requestLine}\n`) };
      return requestLine === '/wait' ? new Promise((go) => held.push(() => go(routed))) : routed;
    },
    {
      log: createLog('silent'),
      metrics: createMetrics(null, {
        pods: () => 0,
        stock: () => ({ held: 0, leastLeftMs: null }),
        connections: () => 0,
        watches: () => [],
      }),
      connections,
    },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { connections, closed, held, port, close: () => app.close() };
}

interface Client {
  socket: net.Socket;
  heard: string;
  isClosed: boolean;
}

for (const [readBy, request] of [
  ['at the socket', plain],
  ["by Node's server", forNode],
] as const)
  describe(`the room of one address whose requests are read ${readBy}`, () => {
    let server: Awaited<ReturnType<typeof startServer>>;
    const clients: Client[] = [];
    afterEach(async () => {
      for (const { socket } of clients.splice(0)) socket.destroy();
      for (const go of server.held) go();
      await server.close();
    });

    function connect(from: string): Client {
      const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress: from });
      const client: Client = { socket, heard: '', isClosed: false };
      socket.on('data', (chunk) => {
        client.heard += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        client.isClosed = true;
      });
      clients.push(client);
      return client;
    }
    async function ask(client: Client, path: string): Promise<void> {
      client.socket.write(request(path));
      if (path === '/wait') {
        const before = server.held.length;
        await until('the request', () => server.held.length > before);
      } else await until('the answer', () => client.heard.includes(`${path}\n`));
    }
    const opened = (count: number) => until(`${count} connections`, () => server.connections.count === count);

    test('is made for a new connection by closing the oldest idle one, never one with a request under way', async () => {
      server = await startServer();
      const busy = connect('127.29.0.1');
      await ask(busy, '/wait');
      const idle = connect('127.29.0.1');
      await ask(idle, '/a');
      await ask(connect('127.29.0.1'), '/b');
      await ask(connect('127.29.0.1'), '/c');
      await ask(connect('127.29.0.1'), '/d');
      await until('the end', () => idle.isClosed);
      assert.deepEqual(server.closed, [['127.29.0.1', 'idle']]);
      assert.equal(server.connections.count, 4);
      server.held[0]!();
      await until('the answer', () => busy.heard.endsWith('/wait\n'));
    });

    test('refuses a new connection with the reason when each of the old ones has a request under way', async () => {
      server = await startServer();
      for (let i = 0; i < 4; i++) await ask(connect('127.29.0.1'), '/wait');
      const fifth = connect('127.29.0.1');
      await until('the end', () => fifth.isClosed);
      assert.match(fifth.heard, /^HTTP\/1\.1 503 [\s\S]*\r\n\r\n\{"Code":"TooManyConnections"/);
      assert.deepEqual(server.closed, [['127.29.0.1', 'crowded']]);
      await ask(connect('127.29.0.2'), '/neighbour');
    });

    test('shrinks for the address that has most when all room is taken, not for a newcomer', async () => {
      server = await startServer({ perAddress: 8, inAll: 8 });
      const many = Array.from({ length: 7 }, () => connect('127.29.0.1'));
      await opened(7);
      await ask(connect('127.29.0.2'), '/two');
      const newcomer = connect('127.29.0.3');
      await ask(newcomer, '/three');
      assert.deepEqual(server.closed, [['127.29.0.1', 'idle']]);
      assert.equal(many.filter(({ isClosed }) => isClosed).length, 1);
      assert.equal(newcomer.isClosed, false);
    });

    test('is given back when connections end', async () => {
      server = await startServer();
      for (let round = 0; round < 10; round++) {
        const client = connect('127.29.0.1');
        await ask(client, '/x');
        client.socket.destroy();
        await opened(0);
      }
      assert.deepEqual(server.closed, []);
    });

    test('allows a few requests sent ahead, and ends a connection over which more come', async () => {
      server = await startServer();
      const few = connect('127.29.0.1');
      few.socket.write(['/1', '/2', '/3'].map(request).join(''));
      await until('the answers', () => few.heard.includes('/3\n'));
      assert.match(few.heard, /\/1\n[\s\S]*\/2\n[\s\S]*\/3\n$/);
      const many = connect('127.29.0.1');
      many.socket.write(request('/x').repeat(500));
      await until('the end', () => many.isClosed);
      assert.deepEqual(server.closed, [['127.29.0.1', 'sent-ahead']]);
      await ask(few, '/after');
    });

    test('holds for requests too: a flood rests now and then, nothing of it is lost, and a neighbour is heard', async () => {
      server = await startServer({ perAddress: 200, inAll: 400, perTurn: 50 });
      const flood = Array.from({ length: 100 }, () => connect('127.29.0.1'));
      await opened(100);
      const startedMs = performance.now();
      for (const client of flood) {
        let sent = 0;
        const next = (): boolean => sent < 10 && client.socket.write(request(`/${sent++}`));
        client.socket.on('data', next);
        next();
      }
      await ask(connect('127.29.0.2'), '/neighbour');
      const neighbourMs = performance.now() - startedMs;
      await until('the flood', () => flood.every(({ heard }) => heard.endsWith('/9\n')), 60_000);
      const floodMs = performance.now() - startedMs;
      // A thousand requests are twenty turns, and at least ten milliseconds lie between two.
      assert.ok(floodMs > 150, `${floodMs} ms`);
      assert.ok(neighbourMs < floodMs / 2, `${neighbourMs} of ${floodMs} ms`);
      assert.deepEqual(server.closed, []);
    });
  });

test('the room of an address is an eighth of all, and all is half of what the limit of open files leaves', () => {
  assert.deepEqual(connectionLimits(1_048_576), { perAddress: 1024, inAll: 8192, perTurn: 1024, ahead: 8 });
  assert.deepEqual(connectionLimits(1_024), { perAddress: 64, inAll: 512, perTurn: 1024, ahead: 8 });
  assert.equal(connectionLimits(null).inAll, 8192);
  assert.ok(connectionLimits().perAddress > 0);
});

describe('the time of a connection that is read at the socket', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  afterEach(() => server.close());

  const connected = (from: string): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress: from });
      socket.on('error', reject).on('connect', () => resolve(socket.resume()));
    });
  const ended = (socket: net.Socket, patienceMs: number) =>
    until('the end', () => socket.destroyed, patienceMs);

  test('ends after five seconds when nothing was asked over it, and much later when something was', async () => {
    server = await startServer();
    const startedMs = performance.now();
    const [silent, asked] = await Promise.all([connected('127.29.0.1'), connected('127.29.0.1')]);
    asked.write(plain('/x'));
    await ended(silent, 15_000);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 4_900 && tookMs < 12_000, `${tookMs} ms`);
    assert.equal(asked.destroyed, false);
    server.connections.closeIdle({ idleMs: 60_000, silentMs: 0 });
    await ended(await connected('127.29.0.2').then((one) => one.end()), 5_000);
    assert.equal(asked.destroyed, false);
    server.connections.closeIdle({ idleMs: 1_000, silentMs: 0 });
    await ended(asked, 5_000);
  });

  test('is no longer than any client needs for a request that comes bit by bit, in its head or in its body', async () => {
    server = await startServer();
    const startedMs = performance.now();
    const heads = {
      head: 'GET /wait HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      body: 'PUT /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n',
    };
    const endsMs = await Promise.all(
      Object.values(heads).map(async (head) => {
        const socket = await connected('127.29.0.1');
        socket.write(head);
        const dribble = setInterval(() => socket.write('a'), 200);
        await ended(socket, 25_000).finally(() => {
          clearInterval(dribble);
          socket.destroy();
        });
        return performance.now() - startedMs;
      }),
    );
    const [head, body] = endsMs as [number, number];
    assert.ok(head > 4_900 && head < 9_500, `${head} ms`);
    assert.ok(body > 9_900 && body < 20_000, `${body} ms`);
  });

  test("is Node's to keep once it was handed over", async () => {
    server = await startServer();
    const socket = await connected('127.29.0.1');
    socket.write(forNode('/x'));
    await new Promise((done) => socket.once('data', done));
    server.connections.closeIdle({ idleMs: 0, silentMs: 0 });
    socket.write(plain('/still'));
    const [answer] = await Promise.race([
      new Promise<Buffer[]>((done) => socket.once('data', (chunk) => done([chunk]))),
      ended(socket, 10_000).then(() => [null]),
    ]);
    assert.match(String(answer), /\/still\n$/);
    socket.destroy();
  });

  test('ends at once with the server, but for a request under way, which is answered', async () => {
    server = await startServer();
    const [silent, asked, waiting] = await Promise.all(
      ['127.29.0.1', '127.29.0.2', '127.29.0.3'].map(connected),
    );
    asked!.write(plain('/x'));
    let heard = '';
    waiting!.on('data', (chunk) => {
      heard += chunk;
    });
    waiting!.write(plain('/wait'));
    await until('the request', () => server.held.length === 1);
    const closed = server.close();
    await ended(silent!, 10_000);
    await ended(asked!, 10_000);
    assert.equal(waiting!.destroyed, false);
    server.held[0]!();
    await until('the answer', () => heard.endsWith('/wait\n'));
    await closed;
  });

  test('a caller that reads nothing is not written to without end', async () => {
    server = await startServer();
    const socket = await connected('127.29.0.1');
    socket.pause();
    const long = `/${'x'.repeat(3_000)}`;
    // One at a time, each answered before the next, until the answers find no room in the kernel.
    let sent = 0;
    for (; sent < 20_000 && server.closed.length === 0; sent++) {
      socket.write(plain(long));
      await new Promise((done) => setImmediate(done));
    }
    assert.ok(sent > 20, `${sent} requests`);
    await ended(socket.resume(), 5_000);
    assert.deepEqual(server.closed, [['127.29.0.1', 'sent-ahead']]);
  });
});

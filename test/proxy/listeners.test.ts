import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Listeners } from '../../src/proxy/listeners.ts';
import { createLog } from '../../src/proxy/log.ts';
import { until } from './world.ts';

describe('the further addresses that the daemon listens on', () => {
  let server: http.Server;
  let port: number;
  let addresses: string[];
  let lines: Record<string, unknown>[];
  let listeners: Listeners;
  let answering: Promise<void>;

  beforeEach(async () => {
    server = http.createServer((request, response) => {
      const { localAddress, remoteAddress } = request.socket;
      void answering.then(() => response.end(`${localAddress} ${remoteAddress}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    addresses = ['127.0.0.1'];
    lines = [];
    answering = Promise.resolve();
    listeners = new Listeners({
      addresses: () => addresses,
      first: { host: '127.0.0.1', port },
      accept: (socket) => server.emit('connection', socket),
      log: createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) }),
      everyMs: 10,
    });
  });
  afterEach(async () => {
    await listeners.close();
    server.close();
  });

  const ask = (host: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = http.get({ host, port, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => resolve(body));
      });
      request.once('error', (error: NodeJS.ErrnoException) => reject(error));
    });

  it('are answered by the same server, in both families', async () => {
    addresses = ['127.0.0.1', '127.25.0.2', '::1'];
    await listeners.start();
    assert.equal(await ask('127.0.0.1'), '127.0.0.1 127.0.0.1');
    assert.equal(await ask('127.25.0.2'), '127.25.0.2 127.0.0.1');
    assert.equal(await ask('::1'), '::1 ::1');
    assert.equal(listeners.fault, null);
  });

  it('may come later', async () => {
    await listeners.start();
    await assert.rejects(ask('127.25.0.3'), { code: 'ECONNREFUSED' });
    addresses = ['127.0.0.1', '127.25.0.3'];
    await until('it listens', async () => lines.length > 0);
    assert.deepEqual([lines[0]!['msg'], lines[0]!['host']], ['listening as well', '127.25.0.3']);
    assert.equal(await ask('127.25.0.3'), '127.25.0.3 127.0.0.1');
  });

  it('that cannot be had are told once, and tried again', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.25.0.4', resolve));
    addresses = ['127.0.0.1', '127.25.0.4'];
    await listeners.start();
    assert.match(listeners.fault!, /^cannot listen on 127\.25\.0\.4 port \d+: .*EADDRINUSE/);
    await new Promise((resolve) => other.close(resolve));
    await until('it listens', async () => listeners.fault === null);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['not listening', 'listening as well'],
    );
  });

  it('finish what they were asked before they end', async () => {
    addresses = ['127.0.0.1', '127.25.0.5'];
    await listeners.start();
    let answer = (): void => {};
    answering = new Promise((resolve) => {
      answer = resolve;
    });
    const received = once(server, 'request');
    const asked = ask('127.25.0.5');
    await received;
    const closed = listeners.close();
    answer();
    assert.equal(await asked, '127.25.0.5 127.0.0.1');
    await closed;
    await assert.rejects(ask('127.25.0.5'), { code: 'ECONNREFUSED' });
  });
});

// Requests that are answered at the socket: only those that cannot be misread, and with the answer that
// Node's own server would give. A request in two pieces is always read by Node, which makes it the yardstick.
import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Connections } from '../../src/proxy/connections.ts';
import { createLog } from '../../src/proxy/log.ts';
import { createMetrics } from '../../src/proxy/metrics.ts';
import { readPlain } from '../../src/proxy/plain-request.ts';
import { json } from '../../src/proxy/reply.ts';
import { metadataServer } from '../../src/proxy/server.ts';
import { randomFrom, strangeRequest } from './fuzz/requests.ts';

const HOST = 'Host: 169.254.169.254';
const TOKEN = 'X-aws-ec2-metadata-token: 0123.abc_-';
const written = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const read = (text: string) => readPlain(Buffer.from(text, 'latin1'));

/** As measured: what each SDK sends. */
const PLAIN = {
  'a document': written('GET /latest/meta-data/iam/security-credentials/blue HTTP/1.1', HOST, TOKEN),
  'a token': written(
    'PUT /latest/api/token HTTP/1.1',
    HOST,
    'x-aws-ec2-metadata-token-ttl-seconds: 21600',
    'Content-Length: 0',
  ),
  'a listing without Content-Length and with a last answer': written(
    'GET /latest/meta-data/iam/security-credentials/ HTTP/1.1',
    HOST,
    'Connection: close',
  ),
  'odd cases of letters': written('GET /latest HTTP/1.1', 'hOST: x', 'CONNECTION: Keep-Alive'),
  'an empty value, spaces and tabs around': written('GET /latest HTTP/1.1', 'Host:x ', 'Accept:'),
};

const NOT_PLAIN = {
  'another method': written('POST /latest HTTP/1.1', HOST),
  HEAD: written('HEAD /latest HTTP/1.1', HOST),
  'HTTP/1.0': written('GET /latest HTTP/1.0', HOST),
  'no Host': written('GET /latest HTTP/1.1', TOKEN),
  'two Hosts': written('GET /latest HTTP/1.1', HOST, 'host: other'),
  'a header twice': written('GET /latest HTTP/1.1', HOST, TOKEN, TOKEN),
  'a body': `${written('PUT /latest/api/token HTTP/1.1', HOST, 'Content-Length: 1')}x`,
  'a body that is still to come': written('PUT /latest/api/token HTTP/1.1', HOST, 'Content-Length: 1'),
  'a length in another spelling': written('PUT /latest/api/token HTTP/1.1', HOST, 'Content-Length: +0'),
  'a chunked body': written('PUT /latest/api/token HTTP/1.1', HOST, 'Transfer-Encoding: chunked'),
  'an upgrade': written('GET /latest HTTP/1.1', HOST, 'Connection: upgrade', 'Upgrade: h2c'),
  'Expect: 100-continue': written('PUT /latest/api/token HTTP/1.1', HOST, 'Expect: 100-continue'),
  'a connection with two options': written('GET /latest HTTP/1.1', HOST, 'Connection: keep-alive, TE'),
  'another request after it': written('GET /a HTTP/1.1', HOST) + written('GET /b HTTP/1.1', HOST),
  'a blank after the end': `${written('GET /a HTTP/1.1', HOST)}\r\n`,
  'no end yet': 'GET /latest HTTP/1.1\r\nHost: x\r\n',
  'a folded header': written('GET /latest HTTP/1.1', 'Host: x', ' y'),
  'a blank before the colon': written('GET /latest HTTP/1.1', 'Host : x'),
  'bare line feeds': 'GET /latest HTTP/1.1\nHost: x\n\n',
  'a bare carriage return in a value': written('GET /latest HTTP/1.1', 'Host: x\ry'),
  'a byte beyond ASCII in a value': written('GET /latest HTTP/1.1', 'Host: x', 'User-Agent: \u00e9'),
  'a tab in a value': written('GET /latest HTTP/1.1', 'Host: x', 'User-Agent: a\tb'),
  'a NUL': written('GET /latest HTTP/1.1', 'Host: x', 'User-Agent: a\0'),
  'a query': written('GET /latest?x HTTP/1.1', HOST),
  'an absolute form': written('GET http://169.254.169.254/latest HTTP/1.1', HOST),
  'two blanks': written('GET  /latest HTTP/1.1', HOST),
  'no header at all': 'GET /latest HTTP/1.1\r\n\r\n',
  'more than any client sends': written('GET /latest HTTP/1.1', HOST, `X: ${'a'.repeat(4_096)}`),
};

describe('what is read without Node', () => {
  for (const [name, text] of Object.entries(PLAIN))
    test(`${name} is`, () => assert.notEqual(read(text), null));

  for (const [name, text] of Object.entries(NOT_PLAIN))
    test(`${name} is not`, () => assert.equal(read(text), null));

  test('is method, target, headers by their name in lower case, and whether the connection stays', () => {
    const request = read(PLAIN['a token'])!;
    assert.equal(request.method, 'PUT');
    assert.equal(request.requestLine, '/latest/api/token');
    assert.equal(request.header('x-aws-ec2-metadata-token-ttl-seconds'), '21600');
    assert.equal(request.header('x-forwarded-for'), undefined);
    assert.equal(request.keepsAlive, true);
    assert.equal(read(PLAIN['a listing without Content-Length and with a last answer'])!.keepsAlive, false);
  });
});

describe('an answer at the socket', () => {
  const SEEN = ['host', 'x-aws-ec2-metadata-token', 'x-forwarded-for', 'authorization', 'content-length'];
  let port: number;
  let close: () => Promise<unknown>;
  before(async () => {
    const limits = { perAddress: 1_000, inAll: 1_000, perTurn: 1_000_000, ahead: 8 };
    const nothing = { pods: () => 0, stock: () => ({ held: 0, leastLeftMs: null }), connections: () => 0 };
    const app = metadataServer(
      // All that a route can see.
      (ask) => {
        const { method, requestLine, address } = ask;
        const headers = SEEN.map((name) => [name, ask.header(name)]);
        return { route: 'nothing', answer: json({ method, requestLine, address, headers }) };
      },
      {
        log: createLog('silent'),
        metrics: createMetrics(null, { ...nothing, watches: () => [] }),
        connections: new Connections(limits, () => {}),
      },
    );
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
    close = () => app.close();
  });
  after(() => close());

  /** All that comes back while it is not silent for a while. */
  function answerTo(pieces: Buffer[], quietMs: number): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
      let heard = '';
      const end = setTimeout(() => socket.destroy(), quietMs);
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        end.refresh();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(end);
        resolve(heard.replace(/^Date: .*\r\n/gm, ''));
      });
      socket.write(pieces[0]!);
      if (pieces[1]) setTimeout(() => socket.write(pieces[1]!), 20);
    });
  }

  async function assertSame(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1');
    const both = (quietMs: number) =>
      Promise.all([answerTo([bytes], quietMs), answerTo([bytes.subarray(0, 3), bytes.subarray(3)], quietMs)]);
    let [whole, inTwo] = await both(150);
    // On a busy machine an answer may take longer than the silence after one.
    if (whole !== inTwo) [whole, inTwo] = await both(2_000);
    assert.equal(whole, inTwo, JSON.stringify(text));
  }

  for (const [name, text] of Object.entries({ ...PLAIN, ...NOT_PLAIN }))
    test(`is byte for byte that of Node's server: ${name}`, () => assertSame(text));

  test("is byte for byte that of Node's server for strange requests as well", async () => {
    const random = randomFrom(20_262);
    const all = Array.from({ length: 400 }, () => strangeRequest(random, '0123.abc'));
    assert.ok(all.some((text) => read(text) !== null) && all.some((text) => read(text) === null));
    while (all.length > 0) await Promise.all(all.splice(0, 50).map(assertSame));
  });
});

// Session tokens as IMDSv2 has them, over real sockets.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SessionTokens } from '../../src/proxy/tokens/session-tokens.ts';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';

describe('session tokens', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.21.0.1', role: 'blue' });
    world.pod('red', { ip: '127.21.0.2', role: 'red' });
    await until('credentials', () => world.lines('issued').length === 2);
  });
  after(() => world.close());

  const put = (headers: Record<string, string>) =>
    world.send('127.21.0.1', 'PUT', '/latest/api/token', headers);

  test('are given for 1 to 21600 seconds, with the TTL in the answer', async () => {
    for (const ttl of ['1', '300', '21600']) {
      const { status, headers, body } = await put({ [TTL]: ttl });
      assert.deepEqual([status, headers[TTL]], [200, ttl]);
      assert.match(body, /^[\w.-]{40,80}$/);
    }
  });

  test('are refused with 400 for any other TTL or none', async () => {
    for (const ttl of ['0', '21601', '-1', '1.5', 'x', '', '999999999999'])
      assert.deepEqual([ttl, (await put({ [TTL]: ttl })).status], [ttl, 400]);
    assert.equal((await put({})).status, 400);
  });

  test('are not accepted with a last character that decodes to the same bytes', async () => {
    const { body: token } = await put({ [TTL]: '60' });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1];
    const status = async (given: string) =>
      (await world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: given })).status;
    assert.deepEqual([await status(token), await status(twin)], [200, 401]);
  });

  test('that have ended before they are seen for the first time are none', () => {
    const tokens = new SessionTokens();
    assert.equal(tokens.accepts(tokens.issue('10.0.0.1', 60), '10.0.0.1'), true);
    assert.equal(tokens.accepts(tokens.issue('10.0.0.1', -1), '10.0.0.1'), false);
  });

  test('are refused with 403 to a request that was forwarded', async () => {
    assert.equal((await put({ [TTL]: '60', 'x-forwarded-for': '10.0.0.9' })).status, 403);
  });

  test('are not to be had by GET', async () => {
    const { status, headers } = await world.send('127.21.0.1', 'GET', '/latest/api/token');
    assert.deepEqual([status, headers['allow']], [405, 'PUT']);
  });

  test('are needed for every GET but the canary', async () => {
    for (const path of [CREDENTIALS, `${CREDENTIALS}blue`, '/latest/meta-data/instance-id', '/nothing']) {
      assert.equal((await world.send('127.21.0.1', 'GET', path)).status, 401);
      assert.equal((await world.send('127.21.0.1', 'GET', path, { [TOKEN]: 'bogus' })).status, 401);
    }
  });

  test('are bound to the address that they were given to', async () => {
    const foreign = await world.token('127.21.0.2');
    assert.equal((await world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: foreign })).status, 401);
    assert.equal((await world.send('127.21.0.2', 'GET', CREDENTIALS, { [TOKEN]: foreign })).status, 200);
    // That it was found good for its own address makes it no better for another.
    assert.equal((await world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: foreign })).status, 401);
  });

  test('end with their TTL', async () => {
    const startedMs = performance.now();
    const token = await world.token('127.21.0.1', 2);
    const status = async () =>
      (await world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: token })).status;
    assert.equal(await status(), 200);
    await until('the end', async () => (await status()) === 401);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 1_999, `${tookMs} ms`);
  });

  test('stay good over a restart of the daemon, from its first answer', async () => {
    const token = await world.token('127.21.0.1');
    const file = join(world.stateDir, 'token.key');
    const key = readFileSync(file);
    rmSync(file);
    // Reading this takes until somebody writes to it.
    execFileSync('mkfifo', [file]);
    const { port } = world.daemon.address;
    const restarted = world.restart([`--app-port=${port}`]);
    const ask = () => world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: token });
    try {
      await until('the old one is gone', () =>
        ask().then(
          () => false,
          () => true,
        ),
      );
      await new Promise((done) => setTimeout(done, 50));
      await assert.rejects(ask(), { code: 'ECONNREFUSED' });
    } finally {
      await writeFile(file, key);
      await restarted;
      rmSync(file);
      await writeFile(file, key);
    }
    assert.equal((await ask()).status, 200);
  });

  test('are optional when told so, but a bad one is refused all the same', async () => {
    await world.restart(['--imds-tokens=optional']);
    assert.equal((await world.send('127.21.0.1', 'GET', CREDENTIALS)).body, 'blue');
    assert.equal((await world.send('127.21.0.1', 'GET', CREDENTIALS, { [TOKEN]: 'bogus' })).status, 401);
  });
});

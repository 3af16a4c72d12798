// A full node at once: all its pods with a role each, and one pod with a thousand first requests.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

const TOKEN = 'x-aws-ec2-metadata-token';

describe('a full node', () => {
  let world: World;
  afterEach(() => world.close());

  test('250 pods with 250 external ids, seen a second before, are all served at the first attempt within 1 s', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    world.aws.latencyMs = () => 100 + Math.random() * 200;
    const ips = Array.from({ length: 250 }, (_, i) => `127.28.0.${i + 1}`);
    const tokens = await Promise.all(ips.map((ip) => world.token(ip)));
    for (const ip of ips)
      world.pod(ip, { ip, role: 'blue', annotations: { 'iam.amazonaws.com/external-id': `id-${ip}` } });
    await new Promise((done) => setTimeout(done, 1_000));
    const replies = await Promise.all(
      ips.map((ip, i) => world.send(ip, 'GET', `${CREDENTIALS}blue`, { [TOKEN]: tokens[i]! })),
    );
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    assert.equal(new Set(replies.map(({ body }) => body)).size, 250);
    assert.equal(world.assumes(), 250);
    const slowest = Math.max(...replies.map(({ ms }) => ms));
    assert.ok(slowest < 1_000, `${slowest} ms`);
  });

  test('a thousand first requests of one pod at once are one call to STS', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    world.aws.latencyMs = 200;
    const headers = { [TOKEN]: await world.token('127.28.1.1') };
    world.pod('blue', { ip: '127.28.1.1', role: 'blue' });
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => world.send('127.28.1.1', 'GET', `${CREDENTIALS}blue`, headers)),
    );
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    assert.equal(world.assumes(), 1);
  });
});

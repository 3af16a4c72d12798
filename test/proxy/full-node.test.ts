// A full node at once: all its pods with a role each, and one pod with a thousand first requests.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

const TOKEN = 'x-aws-ec2-metadata-token';

describe('a full node', () => {
  let world: World;
  afterEach(() => world.close());

  test('250 pods with 250 external ids are all fetched ahead at once, and served at the first attempt within 1 s', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    world.aws.latencyMs = () => 100 + Math.random() * 200;
    const ips = Array.from({ length: 250 }, (_, i) => `127.28.0.${i + 1}`);
    const tokens = await Promise.all(ips.map((ip) => world.token(ip)));
    const [startedMs, before] = [performance.now(), process.cpuUsage()];
    for (const ip of ips)
      world.pod(ip, { ip, role: 'blue', annotations: { 'iam.amazonaws.com/external-id': `id-${ip}` } });
    await until('what is fetched ahead', () => world.lines('issued').length === 250, 30_000);
    const fetchedMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    const askAll = (path: string) =>
      Promise.all(ips.map((ip, i) => world.send(ip, 'GET', path, { [TOKEN]: tokens[i]! })));
    const replies = await askAll(`${CREDENTIALS}blue`);
    const canaries = [...(await askAll('/-/pod-iam')), ...(await askAll('/-/pod-iam'))];
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    assert.equal(new Set(replies.map(({ body }) => body)).size, 250);
    assert.equal(world.assumes(), 250);
    // A machine that has other work as well may take longer, but not longer than the work explains: that of
    // this process (a pace of 50 calls a second would take 5 s), and that of as many requests for the canary.
    const workMs = (user + system) / 1_000;
    assert.ok(fetchedMs < Math.max(1_000, 10 * workMs), `${fetchedMs} ms for ${workMs} ms of work`);
    const [slowest, canary] = [replies, canaries].map((all) => Math.max(...all.map(({ ms }) => ms))) as [
      number,
      number,
    ];
    assert.ok(slowest < Math.max(1_000, 3 * canary), `${slowest} ms, and ${canary} ms for the canary`);
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

// What is served while STS or the metadata service is away, slow or throttling.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

describe('outages', () => {
  let world: World;
  afterEach(() => world.close());

  test('while STS is away valid credentials are served, and new pods get 503 with the reason', async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.25.0.6', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
    world.aws.fault = () => 'unavailable';
    assert.equal((await world.get('127.25.0.6', `${CREDENTIALS}blue`)).status, 200);
    world.pod('red', { ip: '127.25.0.7', role: 'red' });
    await until('the pod', async () => (await world.get('127.25.0.7', CREDENTIALS)).body === 'red');
    const { status, body, headers } = await world.get('127.25.0.7', `${CREDENTIALS}red`);
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
    assert.deepEqual(JSON.parse(body), {
      Code: 'CredentialsUnavailable',
      Message: 'STS failed with 503 ServiceUnavailable; ask again',
      Check: 'CR005',
    });
    world.aws.fault = () => null;
    await until('recovery', async () => (await world.get('127.25.0.7', `${CREDENTIALS}red`)).status === 200);
  });

  test('a short failure of STS is not seen by the pod at all', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    let faults = 1;
    world.aws.fault = (action) => (action === 'AssumeRole' && faults-- > 0 ? 'error' : null);
    world.pod('blue', { ip: '127.25.0.8', role: 'blue' });
    assert.equal((await world.get('127.25.0.8', `${CREDENTIALS}blue`)).status, 200);
  });

  test('a throttled STS is asked more slowly, and every pod is served in the end', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    let bucket = 10;
    const refill = setInterval(() => {
      bucket = Math.min(10, bucket + 2);
    }, 100);
    world.aws.fault = (action) => {
      if (action !== 'AssumeRole') return null;
      if (bucket < 1) return 'throttle';
      bucket--;
      return null;
    };
    const names = Array.from({ length: 40 }, (_, i) => `pod-${i}`);
    for (const [i, name] of names.entries()) world.pod(name, { ip: `127.25.1.${i + 1}`, role: 'blue' });
    await until('all', () => world.lines('issued').length === 40, 30_000);
    clearInterval(refill);
    const throttled = world.aws.requests.filter(({ errorCode }) => errorCode === 'Throttling').length;
    assert.ok(throttled < 120, `${throttled} throttled calls`);
  });

  test('an STS that hangs leaves callers 503 before they lose patience, and the daemon well', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    world.aws.fault = () => 'hang';
    world.pod('blue', { ip: '127.25.0.9', role: 'blue' });
    const { status, ms } = await world.get('127.25.0.9', `${CREDENTIALS}blue`);
    assert.equal(status, 503);
    assert.ok(ms < 8_000, `${ms} ms`);
  });

  test('a call that STS leaves hanging is given up, and the next one serves the pod', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    let hangs = 1;
    world.aws.fault = (action) => (action === 'AssumeRole' && hangs-- > 0 ? 'hang' : null);
    world.pod('blue', { ip: '127.25.0.12', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1, 20_000);
    assert.equal((await world.get('127.25.0.12', `${CREDENTIALS}blue`)).status, 200);
  });

  test('without the metadata service the daemon says that it has no credentials of its own', async () => {
    world = await startWorld();
    await until('own identity', () => world.lines('identity').length === 1);
    await world.imds.close();
    await world.restart();
    world.pod('blue', { ip: '127.25.0.10', role: 'blue' });
    const { status, body } = await world.get('127.25.0.10', `${CREDENTIALS}blue`);
    assert.equal(status, 503);
    const { Message, Check } = JSON.parse(body) as Record<string, string>;
    assert.match(
      Message!,
      /^the daemon has no AWS credentials of its own: the instance metadata service at 127/,
    );
    assert.equal(Check, 'ID010');
    const region = await world.get('127.25.0.10', '/latest/meta-data/placement/region');
    assert.equal(region.status, 503);
  });
});

// The container credentials of pods that end, change or are replaced while their tokens are still good.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { jwt } from '../helpers/service-account-token.ts';
import { asking, ON } from './container-asking.ts';
import { startWorld, until, type World } from './world.ts';

describe('the container credentials of a pod that comes and goes', () => {
  let world: World;
  const { issue, ask, roleOf, session } = asking(() => world);
  afterEach(() => world.close());

  test('end at once with the pod, whatever is remembered of its token', async () => {
    world = await startWorld(ON);
    world.pod('blue', { role: 'blue' });
    const token = issue('blue');
    await until('credentials', async () => (await ask(token)).status === 200);
    world.pod('blue', { role: 'blue', terminating: true });
    await until('the change', () => world.log().length > 0);
    assert.equal((await ask(token)).status, 200);
    world.pod('blue', { role: 'blue', phase: 'Succeeded' });
    await until('the end', async () => (await ask(token)).status === 403);
    world.pod('blue', { role: 'red' });
    await until('it to run again', async () => (await ask(token)).status === 200);
    assert.equal(roleOf(await ask(token)), session('red', 'blue'));
    world.removePod('blue');
    await until('it to be gone', async () => (await ask(token)).status === 403);
    // Its namesake is another pod.
    world.pod('blue', { role: 'blue', uid: 'uid-second' });
    await until('the second', () => world.lines('issued').length === 3);
    assert.equal((await ask(token)).status, 403);
    assert.equal((await ask(issue('blue', { pod: { name: 'blue', uid: 'uid-second' } }))).status, 200);
  });

  test('end while STS is still being asked', async () => {
    world = await startWorld(ON);
    world.aws.latencyMs = 1_000;
    world.pod('blue', { role: 'blue' });
    const asked = ask(issue('blue'));
    await until('the call', () => world.api.tokens.asked.length === 1);
    world.removePod('blue');
    assert.equal((await asked).status, 403);
  });

  test('wait for a pod that is not known yet, but not for one of another node', async () => {
    world = await startWorld(['--container-credentials', '--pod-wait=3s']);
    const early = ask(issue('blue', { node: null }));
    await new Promise((done) => setTimeout(done, 100));
    world.pod('blue', { role: 'blue' });
    assert.equal((await early).status, 200);
    const { status, ms } = await ask(issue('red', { node: 'node-2' }));
    assert.equal(status, 403);
    assert.ok(ms < 2_000, `${ms} ms`);
  });

  test('are asked about once, however many ask at once', async () => {
    world = await startWorld(ON);
    world.pod('blue', { role: 'blue' });
    world.api.tokens.delayMs = 50;
    const token = issue('blue');
    const replies = await Promise.all(Array.from({ length: 50 }, () => ask(token)));
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    assert.equal(world.api.tokens.asked.length, 1);
    assert.equal(world.assumes(), 1);
  });

  test('refused to a pod that asks as it starts are told to it once its address is known', async () => {
    world = await startWorld(ON);
    assert.equal((await ask('secret', { from: '127.40.2.1' })).status, 400);
    world.pod('new', { ip: '127.40.2.1', role: 'blue' });
    await until('the event', () => world.api.events.length === 1);
    const [{ involvedObject, reason }] = world.api.events as [
      { involvedObject: { name: string }; reason: string },
    ];
    assert.deepEqual([involvedObject.name, reason], ['new', 'TokenRefused']);
  });

  test('of a server that knows no audiences are none', async () => {
    world = await startWorld(ON);
    world.pod('blue', { role: 'blue' });
    world.api.tokens.knowsAudiences = false;
    const { status, body } = await ask(issue('blue'));
    assert.deepEqual(
      [status, body],
      [401, 'the API server does not say that the token is for pod-iam.dev\n'],
    );
  });

  test('go on through an outage of the API server for a token that was accepted, and are 503 for others', async () => {
    world = await startWorld(ON);
    world.pod('blue', { role: 'blue' });
    const token = issue('blue');
    await until('credentials', async () => (await ask(token)).status === 200);
    world.api.tokens.refuse = 500;
    assert.equal((await ask(token)).status, 200);
    const other = await ask(issue('blue'));
    assert.deepEqual(
      [other.status, other.headers['retry-after'], other.body],
      [503, '1', 'the API server cannot tell whose token this is; ask again\n'],
    );
    assert.equal(world.lines('cannot review tokens').length, 1);
    world.api.tokens.refuse = null;
    assert.equal((await ask(issue('blue'))).status, 200);
  });

  test('are 503 while STS cannot be reached', async () => {
    world = await startWorld(ON);
    world.aws.fault = () => 'error';
    world.pod('blue', { role: 'blue' });
    const { status, headers } = await ask(issue('blue'));
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
  });

  test('cannot be used up by one who sends forged tokens', async () => {
    world = await startWorld(ON);
    world.pod('blue', { ip: '127.40.1.1', role: 'blue' });
    const good = issue('blue');
    await until('credentials', async () => (await ask(good)).status === 200);
    const before = world.api.tokens.asked.length;
    const forge = () =>
      jwt({ ...JSON.parse(Buffer.from(good.split('.')[1]!, 'base64url').toString()), jti: Math.random() });
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++) statuses.push((await ask(forge(), { from: '127.40.1.66' })).status);
    const asked = world.api.tokens.asked.length - before;
    assert.ok(asked >= 20 && asked <= 25, `${asked} questions`);
    assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
    assert.equal((await ask(good, { from: '127.40.1.66' })).status, 200);
    assert.equal((await ask(issue('blue'), { from: '127.40.1.1' })).status, 200);
  });

  test('are for the audience that was chosen', async () => {
    world = await startWorld([...ON, '--container-credentials-audience=pods.eks.amazonaws.com']);
    world.pod('blue', { role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
    assert.equal((await ask(issue('blue', { audiences: ['x', 'pods.eks.amazonaws.com'] }))).status, 200);
    assert.equal((await ask(issue('blue'))).status, 401);
  });

  test('do not exist when they are off', async () => {
    world = await startWorld(['--pod-wait=150ms']);
    world.pod('blue', { ip: '127.40.1.1', role: 'blue' });
    world.pod('green', { ip: '127.0.0.1', role: 'team/green', hostNetwork: true, mounts: 'pod-iam.dev' });
    await until('credentials', () => world.lines('issued').length === 1);
    const token = issue('blue');
    const here = await ask(token, {
      from: '127.40.1.1',
      host: '169.254.169.254',
      headers: { 'x-aws-ec2-metadata-token': await world.token('127.40.1.1') },
    });
    assert.deepEqual([here.status, JSON.parse(here.body).Message], [404, 'no such path']);
    assert.equal((await ask(token, { from: '127.40.1.1' })).status, 403);
    assert.equal(world.api.tokens.asked.length, 0);
    assert.equal(world.assumes('team/green'), 0);
  });
});

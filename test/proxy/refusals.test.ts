// Failures as those who must act on them see them: the pod, its events, the log.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { HOSTILE, obeyed } from '../helpers/obeyed.ts';
import { BASE, CREDENTIALS, startWorld, until, type World } from './world.ts';

describe('refusals', () => {
  let world: World;
  afterEach(() => world.close());

  test('a refusal by STS is one call, one log line and one event, however often the pod asks', async () => {
    world = await startWorld();
    world.pod('closed', { ip: '127.25.0.1', role: 'closed' });
    await until('event', () => world.api.events.length === 1);
    for (let i = 0; i < 30; i++)
      assert.equal((await world.get('127.25.0.1', `${CREDENTIALS}closed`)).status, 403);
    assert.equal(world.assumes(), 1);
    const lines = world.lines('refused');
    assert.deepEqual(
      lines.map(({ namespace, pod, check, role }) => ({ namespace, pod, check, role })),
      [{ namespace: 'shop', pod: 'closed', check: 'TP018', role: `${BASE}closed` }],
    );
    assert.equal(world.api.events.length, 1);
    const [event] = world.api.events as { [field: string]: unknown; message: string }[];
    assert.deepEqual(event!['involvedObject'], {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: 'closed',
      uid: 'uid-closed',
    });
    assert.deepEqual([event!['type'], event!['reason']], ['Warning', 'CredentialsRefused']);
    assert.match(
      event!.message,
      /^STS refused sts:AssumeRole on .*role\/closed: .* \(TP018; pod-iam explain TP018\)$/,
    );
  });

  test('what a namespace says is shown in the event and the explanation, and obeyed in neither', async () => {
    world = await startWorld(['--namespace-restrictions']);
    const near = `blu${HOSTILE.join('')}`;
    const annotations = { 'iam.amazonaws.com/allowed-roles': JSON.stringify([near]) };
    world.api.put('namespaces', { metadata: { name: 'shop', uid: 'ns-shop', annotations } });
    world.pod('blue', { ip: '127.25.0.9', role: 'blue' });
    await world.get('127.25.0.9', CREDENTIALS);
    await until('event', () => world.api.events.length === 1);
    const { message } = world.api.events[0] as { message?: string };
    assert.match(message!, /\\x1b\[2J/);
    assert.equal(obeyed(message!), null);
    const { body } = await world.admin('/-/explain?ip=127.25.0.9');
    assert.equal(obeyed(body), null);
    assert.ok(JSON.parse(body).refusal.why.includes(near.slice(0, 90)));
  });

  test('a message is told in so many letters, however long an annotation is', async () => {
    world = await startWorld(['--log-level=info']);
    world.pod('long', { ip: '127.25.0.8', role: 'x'.repeat(200_000) });
    await until('the pod', () => world.api.openWatches() === 1);
    assert.equal((await world.get('127.25.0.8', CREDENTIALS)).status, 404);
    await until('event', () => world.api.events.length === 1);
    const [{ why }] = world.lines('refused') as [{ why: string }];
    assert.deepEqual(
      [why.length, why.startsWith("the pod's iam.amazonaws.com/role names no role: ")],
      [1_000, true],
    );
    assert.ok((await world.admin('/-/explain?ip=127.25.0.8')).body.length < 10_000);
  });

  test('a request for another role and one without role are told as well, once each', async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.25.0.2', role: 'blue' });
    world.pod('bare', { ip: '127.25.0.3' });
    await until('credentials', () => world.lines('issued').length === 1);
    for (let i = 0; i < 5; i++) {
      await world.get('127.25.0.2', `${CREDENTIALS}red`);
      await world.get('127.25.0.3', CREDENTIALS);
    }
    await until('events', () => world.api.events.length === 2);
    assert.equal(world.lines('refused').length, 2);
    assert.deepEqual(
      world.api.events.map(({ reason, message }) => [reason, message]),
      [
        [
          'OtherRole',
          `the pod asked for the role "red", and its own is ${BASE}blue (LK002; pod-iam explain LK002)`,
        ],
        [
          'NoRole',
          'the pod has no annotation iam.amazonaws.com/role, and there is no default role (LK001; pod-iam explain LK001)',
        ],
      ],
    );
  });

  test('a pod that asks for one role after the other is told of a few, and its neighbour is still heard', async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.25.0.4', role: 'blue' });
    world.pod('bare', { ip: '127.25.0.5' });
    await until('credentials', () => world.lines('issued').length === 1);
    const headers = { 'x-aws-ec2-metadata-token': await world.token('127.25.0.4') };
    for (let i = 0; i < 60; i++) await world.send('127.25.0.4', 'GET', `${CREDENTIALS}role-${i}`, headers);
    await world.get('127.25.0.5', CREDENTIALS);
    const pods = () => world.api.events.map((event) => (event['involvedObject'] as { name: string }).name);
    await until('the neighbour', () => pods().includes('bare'));
    assert.equal(pods().filter((name) => name === 'blue').length, 5);
    assert.equal(world.lines('refused').length, 6);
    assert.match((await world.admin('/metrics')).body, /^pod_iam_events_total\{outcome="dropped"\} 55$/m);
  });

  test('events stop at a burst of the node, so that many pods cannot flood the API', async () => {
    world = await startWorld();
    for (let i = 1; i <= 60; i++) world.pod(`bare-${i}`, { ip: `127.25.2.${i}` });
    await until('the pods', async () => (await world.admin('/metrics')).body.includes('pod_iam_pods 60'));
    await Promise.all(Array.from({ length: 60 }, (_, i) => world.get(`127.25.2.${i + 1}`, CREDENTIALS)));
    const counted = async (): Promise<number> =>
      [...(await world.admin('/metrics')).body.matchAll(/^pod_iam_events_total\{outcome="\w+"\} (\d+)$/gm)]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0);
    await until('an outcome of each', async () => (await counted()) === 60);
    assert.ok(world.api.events.length >= 25 && world.api.events.length <= 30, `${world.api.events.length}`);
  });

  test('requests that are turned away for their form are told as well: no token, a bad one, a foreign host, forwarded', async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.25.0.6', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
    const token = await world.token('127.25.0.6');
    for (let i = 0; i < 3; i++) {
      await world.send('127.25.0.6', 'GET', CREDENTIALS);
      for (const path of [CREDENTIALS, '/latest/meta-data/instance-id'])
        await world.send('127.25.0.6', 'GET', path, { 'x-aws-ec2-metadata-token': `${token.slice(0, -1)}=` });
      await world.send('127.25.0.6', 'GET', '/latest/meta-data/instance-id');
      await world.send('127.25.0.6', 'GET', CREDENTIALS, {
        'x-aws-ec2-metadata-token': token,
        host: 'evil.example',
      });
      await world.send('127.25.0.6', 'PUT', '/latest/api/token', { 'x-forwarded-for': '10.0.0.1' });
    }
    await until('events', () => world.api.events.length >= 4);
    assert.deepEqual(
      world.api.events.map(({ reason, message }) => [reason, /\(([^()]*)\)$/.exec(message as string)?.[1]]),
      [
        ['TokenMissing', 'ID010; pod-iam explain ID010'],
        ['SessionTokenRefused', 'ID010; pod-iam explain ID010'],
        ['ForeignHost', 'LK007; pod-iam explain LK007'],
        ['Forwarded', 'LK007; pod-iam explain LK007'],
      ],
    );
  });

  test('no secret is ever logged or told, whatever happens', async () => {
    world = await startWorld(['--log-level=trace']);
    world.pod('blue', { ip: '127.25.0.11', role: 'blue' });
    world.pod('closed', {
      ip: '127.25.0.12',
      role: 'closed',
      annotations: { 'iam.amazonaws.com/external-id': 'ext-secret' },
    });
    await until('both', () => world.lines('issued').length === 1 && world.lines('refused').length === 1);
    const token = await world.token('127.25.0.11');
    const { body } = await world.get('127.25.0.11', `${CREDENTIALS}blue`);
    const document = JSON.parse(body) as Record<string, string>;
    const explained = await world.admin('/-/explain?ip=127.25.0.11');
    const metrics = await world.admin('/metrics');
    world.aws.fault = () => 'error';
    world.pod('red', { ip: '127.25.0.13', role: 'red' });
    await until('failure', () => world.lines('refused').length === 2);
    const told = [world.log(), explained.body, metrics.body, JSON.stringify(world.api.events)].join('\n');
    const own = world.aws.requests
      .map(({ accessKeyIdEnding }) => accessKeyIdEnding)
      .filter((key) => key !== null);
    assert.ok(own.length > 0);
    for (const secret of [
      document['SecretAccessKey']!,
      document['Token']!,
      document['AccessKeyId']!,
      token,
      world.api.token,
      'ext-secret',
    ])
      assert.ok(!told.includes(secret), secret.slice(0, 4));
    assert.ok(told.includes(`…${document['AccessKeyId']!.slice(-4)}`));
    assert.doesNotMatch(told, /A(?:SIA|KIA)[A-Z0-9]{12,}/);
  });
});

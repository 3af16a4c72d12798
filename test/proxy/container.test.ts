// The container credentials endpoint over real sockets: who is asking is told by a token alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { jwt } from '../helpers/service-account-token.ts';
import { asking, claimsOf, HOST, NOWHERE, ON, PATH } from './container-asking.ts';
import { ACCOUNT, CREDENTIALS, startWorld, until, type World } from './world.ts';

describe('the container credentials', () => {
  let world: World;
  const { issue, ask, roleOf, session } = asking(() => world);

  before(async () => {
    world = await startWorld([...ON, '--namespace-restrictions']);
    world.api.put('namespaces', {
      metadata: {
        name: 'shop',
        uid: 'ns',
        annotations: { 'iam.amazonaws.com/allowed-roles': '["blue","red","closed","team/green"]' },
      },
    });
    world.pod('blue', { ip: '127.40.0.1', role: 'blue' });
    world.pod('red', { ip: '127.40.0.2', role: 'red' });
    world.pod('green', { ip: '127.0.0.1', role: 'team/green', hostNetwork: true, mounts: 'pod-iam.dev' });
    world.pod('bare', { ip: '127.40.0.3' });
    world.pod('closed', { ip: '127.40.0.4', role: 'closed' });
    world.pod('kept', { ip: '127.40.0.5', role: 'node' });
    await until('credentials', () => world.lines('issued').length === 3);
  });
  after(() => world.close());

  test('are those of the role of the pod that the token is bound to, in the form of EKS Pod Identity', async () => {
    const reply = await ask(issue('blue'));
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type']!, /^application\/json/);
    const document = JSON.parse(reply.body) as Record<string, string>;
    assert.deepEqual(Object.keys(document), [
      'AccessKeyId',
      'SecretAccessKey',
      'Token',
      'AccountId',
      'Expiration',
    ]);
    assert.equal(document['AccountId'], ACCOUNT);
    assert.match(document['Expiration']!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(roleOf(reply), session('blue', 'blue'));
    assert.equal(world.assumes('blue'), 1);
  });

  test('follow the token and not the address that it comes from', async () => {
    for (const from of ['127.40.0.1', '127.40.0.2', '127.40.0.3', '127.0.0.1', NOWHERE])
      assert.equal(roleOf(await ask(issue('blue'), { from })), session('blue', 'blue'));
  });

  test('are there for a hostNetwork pod, fetched before it asks, while its address has none', async () => {
    const calls = world.assumes('team/green');
    assert.equal(calls, 1);
    assert.equal(roleOf(await ask(issue('green'), { from: '127.0.0.1' })), session('green', 'green'));
    assert.equal(world.assumes('team/green'), calls);
    assert.equal((await world.get('127.0.0.1', CREDENTIALS)).status, 404);
  });

  test('are given by HEAD without a body, by both addresses, with the port or without', async () => {
    const token = issue('blue');
    const { status, body, headers } = await ask(token, { method: 'HEAD' });
    assert.deepEqual([status, body], [200, '']);
    assert.ok(Number(headers['content-length']) > 100);
    for (const host of [
      `${HOST}:80`,
      `${HOST}:8181`,
      '[fd00:ec2::23]',
      '[FD00:EC2::23]:80',
      '[fd00:ec2::23]:4213',
      'fd00:ec2::23',
    ])
      assert.equal((await ask(token, { host })).status, 200);
    assert.equal((await ask(token, { path: `${PATH}?x=1` })).status, 200);
  });

  const unreadable = 'the Authorization header does not hold a JSON Web Token';
  for (const [what, token, status, why] of [
    ['no token', () => null, 400, 'the Authorization header holds no service account token'],
    ['an empty token', () => '', 400, 'the Authorization header holds no service account token'],
    ['a word', () => 'secret', 400, unreadable],
    ['a token without signature', () => issue('blue').replace(/[^.]*$/, ''), 400, unreadable],
    ['an endless token', () => `${issue('blue')}${'a'.repeat(8192)}`, 400, unreadable],
    ['three words', () => 'a.b.c', 400, 'the service account token cannot be read'],
    ['a list for claims', () => jwt(['aud']), 400, 'the service account token cannot be read'],
    [
      '"Bearer" before it',
      () => `Bearer ${issue('blue')}`,
      400,
      'the Authorization header must hold the token alone, without "Bearer"',
    ],
    [
      'an expired token',
      () => issue('blue', { expiresInSeconds: 0 }),
      400,
      'the service account token has expired',
    ],
    [
      'a token that never ends',
      () => jwt({ aud: 'pod-iam.dev' }),
      400,
      'the service account token has no expiry',
    ],
    [
      "the API server's own audience",
      () => issue('blue', { audiences: ['https://kubernetes.default.svc'] }),
      401,
      'the service account token is not for the audience pod-iam.dev',
    ],
    [
      'a token of no pod',
      () => issue('blue', { pod: null }),
      403,
      'the service account token is not bound to a pod',
    ],
    [
      'a token of a pod that is nowhere',
      () => issue('gone'),
      403,
      "the token's pod is not one that runs on this node",
    ],
    [
      "another node's token",
      () => issue('gone', { node: 'node-2' }),
      403,
      "the token's pod is not one that runs on this node",
    ],
  ] as const) {
    test(`${what} is ${status}, in plain text, without a question to the API server`, async () => {
      const before = world.api.tokens.asked.length;
      const reply = await ask(token());
      assert.deepEqual(
        [reply.status, reply.headers['content-type'], reply.body],
        [status, 'text/plain', `${why}\n`],
      );
      assert.equal(world.api.tokens.asked.length, before);
    });
  }

  test('are not given for claims that the API server does not vouch for', async () => {
    const forged = issue('red').replace(/[^.]*$/, issue('blue').split('.')[2]!);
    const reply = await ask(forged, { from: '127.40.0.1' });
    assert.deepEqual([reply.status, reply.body], [401, 'the API server does not accept the token\n']);
    const before = world.api.tokens.asked.length;
    assert.equal((await ask(forged, { from: '127.40.0.1' })).status, 401);
    assert.equal(world.api.tokens.asked.length, before);
  });

  test('are not given to a pod that differs from what the token says in name, namespace or account', async () => {
    const pod = { name: 'other', uid: 'uid-blue' };
    for (const more of [{ pod }, { namespace: 'other' }, { serviceAccount: 'other' }]) {
      const reply = await ask(issue('blue', more));
      assert.deepEqual(
        [reply.status, reply.body],
        [403, "the token's pod is not one that runs on this node\n"],
      );
    }
  });

  test('are not given when the API server vouches for another pod than the token names', async () => {
    const token = world.api.tokens.issue(claimsOf('blue'), claimsOf('red'));
    const reply = await ask(token);
    assert.deepEqual(
      [reply.status, reply.body],
      [403, "the token's pod is not one that runs on this node\n"],
    );
  });

  test('are those of the role that the pod has when STS has answered, whatever it had before', async () => {
    world.aws.latencyMs = 400;
    try {
      world.pod('turned', { ip: '127.40.0.6', role: 'blue' });
      await until('the call', () =>
        world.aws.requests.some(({ parameters }) => /turned/.test(parameters['RoleSessionName'] ?? '')),
      );
      const asked = ask(issue('turned'));
      await new Promise((done) => setTimeout(done, 100));
      world.pod('turned', { ip: '127.40.0.6', role: 'red' });
      assert.equal(roleOf(await asked), session('red', 'turned'));
    } finally {
      world.aws.latencyMs = 0;
      world.removePod('turned');
    }
  });

  test('of a pod without a role, with one that is not allowed, or that STS refuses, say so with the code', async () => {
    const told = async (pod: string) => {
      const { status, body } = await ask(issue(pod));
      return [status, body.replace(/^.*\((\w+)\)\n$/s, '$1')];
    };
    assert.deepEqual(await told('bare'), [404, 'LK001']);
    assert.deepEqual(await told('kept'), [403, 'AN003']);
    assert.deepEqual(await told('closed'), [403, 'TP018']);
  });

  test('are at no other path and take no other method', async () => {
    const token = issue('blue');
    for (const path of [
      '/',
      '/v1',
      `${PATH}/`,
      `/${PATH}`,
      '/V1/credentials',
      '/latest/api/token',
      CREDENTIALS,
      '/-/pod-iam',
      '/%zz',
    ]) {
      const reply = await ask(token, { path });
      assert.deepEqual(
        [path, reply.status, reply.body],
        [path, 404, 'only /v1/credentials is answered here\n'],
      );
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const reply = await ask(token, { method });
      assert.deepEqual([method, reply.status, reply.headers['allow']], [method, 405, 'GET, HEAD']);
    }
  });

  test('are refused to any other Host, in the header and in the request line', async () => {
    const token = issue('blue');
    for (const host of [
      '169.254.169.254',
      'evil.example',
      `${HOST}.evil.example`,
      `${HOST}:80.evil.example`,
      `${HOST}:80:80`,
      `evil.example:${HOST}`,
      '127.0.0.1',
      '[fd00:ec2::23].evil.example',
      '[fd00:ec2::23',
    ]) {
      const reply = await ask(token, { host });
      assert.deepEqual(
        [host, reply.status, reply.body],
        [host, 403, `the Host header must be ${HOST} or [fd00:ec2::23]\n`],
      );
    }
    const absolute = await ask(token, { path: `http://evil.example${PATH}` });
    assert.equal(absolute.status, 403);
    assert.equal((await ask(token, { path: `http://${HOST}${PATH}` })).status, 200);
  });

  test('and the metadata service keep apart: no token answers there, and no address here', async () => {
    const authorization = issue('blue');
    const listing = await world.send(NOWHERE, 'GET', CREDENTIALS, {
      'x-aws-ec2-metadata-token': await world.token(NOWHERE),
      authorization,
    });
    assert.deepEqual([listing.status, JSON.parse(listing.body).Code], [404, 'UnknownCaller']);
    const session = await world.token('127.40.0.1');
    const headers = { 'x-aws-ec2-metadata-token': session };
    assert.equal((await ask(null, { from: '127.40.0.1', headers })).status, 400);
    assert.equal((await ask(session, { from: '127.40.0.1' })).status, 400);
  });

  test('leave nothing of a token in log, events or metrics, and an event on the pod that sent a bad one', async () => {
    const tokens = [issue('blue'), issue('red', { audiences: ['sts.amazonaws.com'] }), jwt({ sub: 'x' })];
    for (const token of tokens) await ask(token, { from: '127.40.0.2' });
    await until('events', () => world.api.events.some(({ reason }) => reason === 'TokenRefused'));
    const told = [world.log(), JSON.stringify(world.api.events), (await world.admin('/metrics')).body].join(
      '\n',
    );
    for (const token of tokens) for (const part of token.split('.')) assert.ok(!told.includes(part));
    const event = world.api.events.find(({ message }) => /audience/.test(String(message)));
    assert.deepEqual((event!['involvedObject'] as { name: string }).name, 'red');
    assert.equal(
      event!['message'],
      'no container credentials: the service account token is not for the audience pod-iam.dev (ID010; pod-iam explain ID010)',
    );
    assert.match(told, /pod_iam_token_reviews_total\{outcome="accepted"\} \d+/);
    assert.match(told, /pod_iam_requests_total\{route="container",status="200"\} \d+/);
  });
});

// The container credentials endpoint over real sockets: who is asking is told by a token alone.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { jwt, type TokenClaims } from '../helpers/service-account-token.ts';
import { ACCOUNT, CREDENTIALS, type Reply, startWorld, until, type World } from './world.ts';

const HOST = '169.254.170.23';
const PATH = '/v1/credentials';
const ON = ['--container-credentials', '--pod-wait=150ms'];

const claimsOf = (pod: string, more: Partial<TokenClaims> = {}): TokenClaims => ({
  audiences: ['pod-iam.dev'],
  namespace: 'shop',
  serviceAccount: 'default',
  pod: { name: pod, uid: `uid-${pod}` },
  node: 'node-1',
  expiresInSeconds: 3600,
  ...more,
});

/** An address that no pod has. */
const NOWHERE = '127.40.9.9';

function asking(world: () => World) {
  const issue = (pod: string, more: Partial<TokenClaims> = {}) =>
    world().api.tokens.issue(claimsOf(pod, more));
  const ask = (
    token: string | null,
    { from = NOWHERE, path = PATH, method = 'GET', host = HOST, headers = {} } = {},
  ): Promise<Reply> =>
    world().send(from, method, path, { host, ...(token !== null && { authorization: token }), ...headers });
  const roleOf = (reply: Reply): string | undefined => {
    const { AccessKeyId } = JSON.parse(reply.body) as Record<string, string>;
    return world().aws.sessions.findKey(AccessKeyId!)?.caller.arn;
  };
  const session = (role: string, pod: string): string =>
    `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/shop.${pod}`;
  return { issue, ask, roleOf, session };
}

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

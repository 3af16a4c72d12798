import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { connectAws } from '../../src/aws/clients.ts';
import { Problem } from '../../src/model/problem.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../src/sandbox/aws/index.ts';

const account = '111122223333';
const ownEnvironment = { ...process.env };

/** Nothing of this machine's own AWS settings may reach the SDK. */
function setEnvironment(values: Record<string, string>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...values,
  });
}

const keysOf = ({ id, secret }: { id: string; secret: string }) => ({
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
});

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.kind, 'environment');
    return error;
  }
  return assert.fail('it should have failed');
}

describe('AWS, asked through the SDK', () => {
  let aws: EmulatedAws;
  const world = buildAws(account);
  const admin = world.user('admin', { policy: allowing('*') });
  const nobody = world.user('nobody');
  world.role('team/blue', { trust: trusting(admin.arn), maxSessionSeconds: 7200 });
  for (let index = 0; index < 3; index++) world.role(`role-${index}`, { trust: trusting(admin.arn) });

  world.role('worker', {
    trust: trusting(admin.arn),
    policy: allowing('sts:AssumeRole'),
    attached: { [`arn:aws:iam::${account}:policy/logs`]: allowing('logs:*') },
    boundary: allowing('sts:AssumeRole', `arn:aws:iam::${account}:role/team/*`),
  });
  world.instance('i-0aaa', { role: 'worker' });
  world.instance('i-0bbb', { tokens: 'optional', hopLimit: 2 });
  world.state.oidcProviders.push({
    account,
    url: 'token.actions.githubusercontent.com',
    clientIds: ['sts.amazonaws.com'],
  });

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  beforeEach(() => setEnvironment({ AWS_ENDPOINT_URL: aws.url, ...keysOf(admin.key) }));
  afterEach(() => {
    aws.fault = () => null;
  });
  after(async () => {
    process.env = ownEnvironment;
    await aws.close();
  });

  it('says who we are', async () => {
    assert.deepEqual(await (await connectAws()).caller(), { arn: admin.arn, account });
  });

  it('reads a role whatever the case of its name, and null for one that is not there', async () => {
    const client = await connectAws();
    assert.deepEqual(await client.role('Blue'), {
      arn: `arn:aws:iam::${account}:role/team/blue`,
      name: 'blue',
      path: '/team/',
      roleId: world.state.roles[0]!.roleId,
      trustPolicy: world.state.roles[0]!.trustPolicy,
      maxSessionSeconds: 7200,
      createdAtMs: Date.UTC(2026, 0, 1),
      boundary: null,
    });
    assert.equal(await client.role('ghost'), null);
  });

  it('finds a user with its path, and null for one that is not there', async () => {
    const client = await connectAws();
    assert.deepEqual(await client.user('Nobody'), { arn: nobody.arn });
    assert.equal(await client.user('ghost'), null);
  });

  it('reads the inline and the managed policies of a role', async () => {
    const arn = `arn:aws:iam::${account}:policy/logs`;
    const policies = await (await connectAws()).rolePolicies('worker');
    assert.deepEqual(policies, [
      { name: 'inline', arn: null, document: JSON.stringify(allowing('sts:AssumeRole')) },
      { name: 'logs', arn, document: JSON.stringify(allowing('logs:*')) },
    ]);
    assert.equal(
      (await (await connectAws()).role('worker'))?.boundary,
      `arn:aws:iam::${account}:policy/boundary`,
    );
  });

  it('simulates what the policies and the boundary of a role say', async () => {
    const [blue, red] = [`arn:aws:iam::${account}:role/team/blue`, `arn:aws:iam::${account}:role/red`];
    const worker = `arn:aws:iam::${account}:role/worker`;
    const answers = await (await connectAws()).simulate(worker, ['sts:AssumeRole'], [blue, red]);
    assert.deepEqual(
      answers.map(({ resource, decision, boundaryAllows }) => [resource, decision, boundaryAllows]),
      [
        [blue, 'allowed', true],
        [red, 'implicitDeny', false],
      ],
    );
  });

  it('lists the token issuers with the audiences they take, and the quota on trust policies', async () => {
    const client = await connectAws();
    assert.deepEqual(await client.oidcProviders(), [
      {
        arn: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`,
        issuer: 'token.actions.githubusercontent.com',
        clientIds: ['sts.amazonaws.com'],
      },
    ]);
    assert.equal(await client.trustPolicyQuota(), 2048);
  });

  it('tells of instances what EC2 does, and the role in their profile', async () => {
    const client = await connectAws({ env: process.env });
    const ids = ['i-0aaa', 'i-0bbb', 'i-0ccc'];
    assert.deepEqual(await client.instances('eu-west-1', ids), [
      {
        id: 'i-0aaa',
        profile: `arn:aws:iam::${account}:instance-profile/worker`,
        metadata: { isOn: true, needsToken: true, hopLimit: 1 },
      },
      { id: 'i-0bbb', profile: null, metadata: { isOn: true, needsToken: false, hopLimit: 2 } },
    ]);
    assert.equal(await client.profileRole('worker'), `arn:aws:iam::${account}:role/worker`);
    assert.equal(await client.profileRole('blue'), null);
    const asked = aws.requests.filter(({ action }) => action === 'DescribeInstances').length;
    const many = Array.from({ length: 450 }, (_, n) => `i-${n.toString(16).padStart(8, '0')}`);
    assert.deepEqual(await client.instances('eu-west-1', many), []);
    assert.equal(aws.requests.filter(({ action }) => action === 'DescribeInstances').length, asked + 3);
  });

  it('names the right that is missing to ask EC2, waits out a throttle, and says when nobody answers', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: aws.url, ...keysOf(nobody.key) });
    const denied = await problemOf(
      (await connectAws({ env: process.env })).instances('eu-west-1', ['i-0aaa']),
    );
    assert.equal(denied.code, 'AWS_DENIED');
    assert.match(denied.next!, /"Action":"ec2:DescribeInstances","Resource":"\*"/);
    setEnvironment({ AWS_ENDPOINT_URL: aws.url, ...keysOf(admin.key) });
    let left = 1;
    aws.fault = (action) => (action === 'DescribeInstances' && left-- > 0 ? 'throttle' : null);
    assert.equal(
      (await (await connectAws({ env: process.env })).instances('eu-west-1', ['i-0aaa'])).length,
      1,
    );
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${await closedPort()}`, ...keysOf(admin.key) });
    const lost = await problemOf((await connectAws({ env: process.env })).instances('eu-west-1', ['i-0aaa']));
    assert.equal(lost.code, 'AWS_UNREACHABLE');
  });

  it('lists the names of all roles', async () => {
    assert.deepEqual(await (await connectAws()).roleNames(), [
      'blue',
      'role-0',
      'role-1',
      'role-2',
      'worker',
    ]);
  });

  it('replaces a trust policy, byte for byte', async () => {
    const document = `${JSON.stringify(trusting(admin.arn), null, 2)}\n`;
    const client = await connectAws();
    await client.updateTrustPolicy('role-0', document);
    assert.equal((await client.role('role-0'))!.trustPolicy, document);
  });

  it('takes the region from the option, the environment, and else asks in us-east-1', async () => {
    assert.equal((await connectAws()).region, null);
    assert.equal((await connectAws({ env: { AWS_DEFAULT_REGION: 'eu-west-3' } })).region, 'eu-west-3');
    process.env['AWS_REGION'] = 'eu-north-1';
    assert.equal((await connectAws()).region, 'eu-north-1');
    assert.equal(
      (await connectAws({ region: 'eu-west-1', env: { AWS_REGION: 'eu-west-2' } })).region,
      'eu-west-1',
    );
  });

  it('finds each service by an endpoint of its own, too', async () => {
    setEnvironment({ AWS_ENDPOINT_URL_STS: aws.url, AWS_ENDPOINT_URL_IAM: aws.url, ...keysOf(admin.key) });
    const client = await connectAws();
    await client.caller();
    assert.equal((await client.role('blue'))?.name, 'blue');
  });

  it('names the missing permission and the statement that grants it', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: aws.url, ...keysOf(nobody.key) });
    const client = await connectAws();
    const problem = await problemOf(client.role('blue'));
    assert.equal(problem.code, 'AWS_DENIED');
    assert.equal(problem.message, 'AWS does not allow iam:GetRole for role blue');
    assert.match(
      problem.why!,
      /^AccessDenied: User: arn:aws:iam::111122223333:user\/nobody is not authorized to perform: iam:GetRole on resource: role blue because no identity-based policy allows the iam:GetRole action \(request id [\w-]+\)$/,
    );
    assert.equal(
      problem.next,
      'allow it in a policy of the caller: {"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::111122223333:role/*"}',
    );
    assert.equal((await problemOf(client.roleNames())).message, 'AWS does not allow iam:ListRoles');
    const update = await problemOf(client.updateTrustPolicy('blue', '{}'));
    assert.equal(update.message, 'AWS does not allow iam:UpdateAssumeRolePolicy for role blue');
  });

  it('tells what IAM finds wrong with a trust policy, with the request id', async () => {
    const problem = await problemOf((await connectAws()).updateTrustPolicy('blue', '{bad'));
    assert.equal(problem.code, 'AWS_API');
    assert.equal(problem.message, 'AWS refused iam:UpdateAssumeRolePolicy for role blue');
    assert.match(
      problem.why!,
      /^MalformedPolicyDocumentException: This policy contains invalid Json \(request id [\w-]+\)$/,
    );
  });

  it('says that there are no credentials', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: aws.url });
    const problem = await problemOf((await connectAws()).caller());
    assert.equal(problem.code, 'NO_AWS_CREDENTIALS');
    assert.equal(problem.message, 'no AWS credentials were found');
    assert.match(problem.next!, /--profile NAME.*--no-aws/);
  });

  it('says that a profile does not exist', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: aws.url });
    const problem = await problemOf((await connectAws({ profile: 'ghost' })).caller());
    assert.equal(problem.code, 'NO_AWS_CREDENTIALS');
    assert.equal(problem.message, 'no AWS credentials were found in the profile "ghost"');
  });

  it('tells wrong credentials from expired ones, and shows neither', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: aws.url, ...keysOf({ id: admin.key.id, secret: 'wrong-secret' }) });
    const wrong = await problemOf((await connectAws()).caller());
    assert.equal(wrong.code, 'NO_AWS_CREDENTIALS');
    assert.equal(wrong.message, 'AWS does not accept the credentials');

    const { credentials } = aws.sessions.issue(world.state.roles[0]!, 'old', -1);
    const key = { id: credentials.accessKeyId, secret: credentials.secretAccessKey };
    setEnvironment({
      AWS_ENDPOINT_URL: aws.url,
      ...keysOf(key),
      AWS_SESSION_TOKEN: credentials.sessionToken,
    });
    const expired = await problemOf((await connectAws()).caller());
    assert.equal(expired.code, 'NO_AWS_CREDENTIALS');
    assert.equal(expired.message, 'the AWS credentials have expired');

    const text = [wrong, expired].map(({ message, why, next }) => `${message} ${why} ${next}`).join();
    assert.equal(text.includes('wrong-secret'), false);
    assert.equal(text.includes(credentials.sessionToken), false);
    assert.equal(text.includes(credentials.secretAccessKey), false);
  });

  it('waits out a throttled call', async () => {
    let left = 2;
    aws.fault = () => (left-- > 0 ? 'throttle' : null);
    assert.equal((await (await connectAws()).role('blue'))?.name, 'blue');
  });
});

describe('AWS that cannot be reached', () => {
  after(() => {
    process.env = ownEnvironment;
  });
  const keys = keysOf({ id: 'AKIA', secret: 'x' });

  it('says so at once when nobody listens', async () => {
    const port = await closedPort();
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys });
    const startedAtMs = performance.now();
    const problem = await problemOf((await connectAws()).caller());
    assert.ok(performance.now() - startedAtMs < 3500);
    assert.equal(problem.code, 'AWS_UNREACHABLE');
    assert.equal(problem.message, 'AWS did not answer sts:GetCallerIdentity');
    assert.equal(problem.why, `connect ECONNREFUSED 127.0.0.1:${port}`);
    assert.equal(
      problem.next,
      'check the network, AWS_REGION and AWS_ENDPOINT_URL; doctor, verify, snapshot and init also go without AWS: --no-aws',
    );
  });

  it('says so when the name is not known', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: 'http://sts.invalid', ...keys });
    const problem = await problemOf((await connectAws()).caller());
    assert.equal(problem.code, 'AWS_UNREACHABLE');
    assert.match(problem.why!, /sts\.invalid/);
  });

  it('gives up within seconds when the answer never comes', { timeout: 20_000 }, async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((done) => silent.once('listening', done));
    const { port } = silent.address() as AddressInfo;
    setEnvironment({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys });
    const startedAtMs = performance.now();
    const problem = await problemOf((await connectAws()).caller());
    silent.closeAllConnections();
    silent.close();
    assert.equal(problem.code, 'AWS_UNREACHABLE');
    assert.ok(performance.now() - startedAtMs < 12_000);
  });

  it('does not wait long for an instance metadata service that swallows packets', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((done) => silent.once('listening', done));
    const { port } = silent.address() as AddressInfo;
    setEnvironment({
      AWS_EC2_METADATA_DISABLED: '',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
    const startedAtMs = performance.now();
    const problem = await problemOf((await connectAws()).caller());
    silent.closeAllConnections();
    silent.close();
    assert.equal(problem.code, 'NO_AWS_CREDENTIALS');
    assert.ok(performance.now() - startedAtMs < 8000);
  });
});

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  paginateListRoles,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';

const account = '111122223333';

describe('the emulated IAM, asked by the AWS SDK', () => {
  let aws: EmulatedAws;
  const world = buildAws(account);
  const admin = world.user('admin', { policy: allowing('*') });
  const reader = world.user('reader', {
    policy: allowing('iam:Get*', `arn:aws:iam::${account}:role/team/*`),
  });
  world.role('team/blue', { trust: trusting(admin.arn), maxSessionSeconds: 7200 });
  world.role('red', { trust: trusting(admin.arn) });
  world.role('other', { trust: trusting(admin.arn), account: '444455556666' });

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const options = (key: { id: string; secret: string }) => ({
    endpoint: aws.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
  });
  const iam = (key = admin.key): IAMClient => new IAMClient(options(key));

  it('shows a role with its path, its trust policy url-encoded, and what limits it', async () => {
    const { Role } = await iam().send(new GetRoleCommand({ RoleName: 'BLUE' }));
    assert.deepEqual(
      { ...Role, AssumeRolePolicyDocument: JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)) },
      {
        Path: '/team/',
        RoleName: 'blue',
        RoleId: world.state.roles[0]!.roleId,
        Arn: `arn:aws:iam::${account}:role/team/blue`,
        CreateDate: new Date('2026-01-01T00:00:00Z'),
        AssumeRolePolicyDocument: trusting(admin.arn),
        MaxSessionDuration: 7200,
        RoleLastUsed: {},
      },
    );
  });

  it('says that a role is not there, and shows no role of another account', async () => {
    for (const RoleName of ['ghost', 'other']) {
      await assert.rejects(iam().send(new GetRoleCommand({ RoleName })), {
        name: 'NoSuchEntityException',
        message: `The role with name ${RoleName} cannot be found.`,
      });
    }
  });

  it('guards its calls by the policies of the caller', async () => {
    const { Role } = await iam(reader.key).send(new GetRoleCommand({ RoleName: 'blue' }));
    assert.equal(Role?.RoleName, 'blue');
    await assert.rejects(iam(reader.key).send(new GetRoleCommand({ RoleName: 'red' })), {
      name: 'AccessDenied',
      message: `User: ${reader.arn} is not authorized to perform: iam:GetRole on resource: role red because no identity-based policy allows the iam:GetRole action`,
    });
    await assert.rejects(iam(reader.key).send(new ListRolesCommand({})), {
      name: 'AccessDenied',
      message: `User: ${reader.arn} is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::${account}:role/ because no identity-based policy allows the iam:ListRoles action`,
    });
  });

  it('lists the roles of the account in pages', async () => {
    const names: string[] = [];
    for await (const page of paginateListRoles({ client: iam(), pageSize: 1 }, {})) {
      assert.equal(page.Roles!.length, 1);
      names.push(page.Roles![0]!.RoleName!);
    }
    assert.deepEqual(names, ['blue', 'red']);
  });

  it('replaces a trust policy, and STS obeys the new one at once', async () => {
    const sts = new STSClient(options(reader.key));
    const assume = () =>
      sts.send(
        new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/red`, RoleSessionName: 'test' }),
      );
    await assert.rejects(assume(), { name: 'AccessDenied' });
    await iam().send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'red',
        PolicyDocument: JSON.stringify(trusting(reader.arn)),
      }),
    );
    assert.match((await assume()).AssumedRoleUser!.Arn!, /assumed-role\/red\/test$/);
  });

  it('refuses trust policies that IAM would refuse', async () => {
    const update = (document: string) =>
      iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: 'red', PolicyDocument: document }));
    const base = trusting(admin.arn) as { Statement: object[] };
    const withStatement = (change: object) =>
      JSON.stringify({ ...base, Statement: [{ ...base.Statement[0], ...change }] });
    const documents: [string, string | RegExp][] = [
      ['{bad', 'This policy contains invalid Json'],
      [withStatement({ Resource: '*' }), 'Has prohibited field Resource'],
      [
        withStatement({ Principal: { AWS: `arn:aws:iam::${account}:role/ghost` } }),
        `Invalid principal in policy: "AWS":"arn:aws:iam::${account}:role/ghost"`,
      ],
      [withStatement({ Principal: '*' }), /./],
      [withStatement({ Principal: undefined }), /./],
      [withStatement({ Action: 's3:GetObject' }), /./],
      [withStatement({ Condition: { StringEqualz: { 'sts:ExternalId': 'x' } } }), /./],
    ];
    for (const [document, message] of documents) {
      await assert.rejects(update(document), { name: 'MalformedPolicyDocumentException', message }, document);
    }
  });

  it('makes users with keys and policies, and roles that trust them', async () => {
    await iam().send(new CreateUserCommand({ UserName: 'node-user', Path: '/nodes/' }));
    const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName: 'node-user' }));
    const arn = `arn:aws:iam::${account}:user/nodes/node-user`;
    const created = await iam().send(
      new CreateRoleCommand({
        RoleName: 'green',
        AssumeRolePolicyDocument: JSON.stringify(trusting(`arn:aws:iam::${account}:root`)),
        MaxSessionDuration: 3600,
      }),
    );
    assert.equal(created.Role!.Arn, `arn:aws:iam::${account}:role/green`);
    const key = { id: AccessKey!.AccessKeyId!, secret: AccessKey!.SecretAccessKey! };
    const assume = () =>
      new STSClient(options(key)).send(
        new AssumeRoleCommand({ RoleArn: created.Role!.Arn, RoleSessionName: 'test' }),
      );
    await assert.rejects(assume(), { name: 'AccessDenied' });
    const policy = JSON.stringify(allowing(['sts:AssumeRole', 'iam:GetUser']));
    await iam().send(
      new PutUserPolicyCommand({ UserName: 'node-user', PolicyName: 'assume', PolicyDocument: policy }),
    );
    await assume();
    await iam().send(
      new PutRolePolicyCommand({ RoleName: 'green', PolicyName: 'none', PolicyDocument: policy }),
    );
    assert.equal((await iam(key).send(new GetUserCommand({}))).User!.Arn, arn);
    await assert.rejects(iam().send(new CreateUserCommand({ UserName: 'Node-User' })), {
      name: 'EntityAlreadyExistsException',
      message: 'User with name Node-User already exists.',
    });
  });

  it('fails on purpose when told to: slow, throttled, broken or not at all', async () => {
    const ask = (patienceMs = 30_000) =>
      iam().send(new GetRoleCommand({ RoleName: 'blue' }), { abortSignal: AbortSignal.timeout(patienceMs) });
    aws.fault = (action) => (action === 'GetRole' ? 'throttle' : null);
    await assert.rejects(ask(), { name: 'Throttling', message: 'Rate exceeded' });
    aws.fault = () => 'error';
    await assert.rejects(
      ask(),
      (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode === 500,
    );
    aws.fault = () => 'hang';
    const before = aws.requests.length;
    await assert.rejects(ask(2_000), { name: 'AbortError' });
    assert.deepEqual(
      aws.requests.slice(before).map(({ status }) => status),
      [0],
    );
    aws.fault = () => null;
    aws.latencyMs = (action) => (action === 'GetRole' ? 60 : 0);
    const startedAtMs = performance.now();
    await ask();
    assert.ok(performance.now() - startedAtMs >= 59);
    aws.latencyMs = 0;
  });

  it('knows no other calls', async () => {
    const { DeleteRoleCommand } = await import('@aws-sdk/client-iam');
    await assert.rejects(iam().send(new DeleteRoleCommand({ RoleName: 'red' })), {
      name: 'InvalidAction',
      message: 'Could not find operation DeleteRole for version 2010-05-08',
    });
  });
});

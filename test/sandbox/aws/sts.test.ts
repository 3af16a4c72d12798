import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';

const account = '111122223333';
const nodeArn = `arn:aws:iam::${account}:role/kops/node`;
const appArn = `arn:aws:iam::${account}:role/team/app`;

describe('the emulated STS, asked by the AWS SDK', () => {
  let aws: EmulatedAws;
  const world = buildAws(account);
  const operator = world.user('ops/operator', { policy: allowing('sts:AssumeRole') });
  const nobody = world.user('nobody');
  world.role('kops/node', {
    trust: trusting(operator.arn),
    policy: allowing('sts:AssumeRole'),
    maxSessionSeconds: 7200,
  });
  world.role('team/app', { trust: trusting(nodeArn), maxSessionSeconds: 43_200 });

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const client = (key: { id: string; secret: string; token?: string }): STSClient =>
    new STSClient({
      endpoint: aws.url,
      region: 'eu-west-1',
      maxAttempts: 1,
      credentials: {
        accessKeyId: key.id,
        secretAccessKey: key.secret,
        ...(key.token === undefined ? {} : { sessionToken: key.token }),
      },
    });

  async function assume(
    key: { id: string; secret: string; token?: string },
    input: { RoleArn: string; RoleSessionName?: string; DurationSeconds?: number; ExternalId?: string },
  ) {
    const { Credentials, AssumedRoleUser } = await client(key).send(
      new AssumeRoleCommand({ RoleSessionName: 'test', ...input }),
    );
    return {
      arn: AssumedRoleUser!.Arn!,
      expiration: Credentials!.Expiration!,
      key: {
        id: Credentials!.AccessKeyId!,
        secret: Credentials!.SecretAccessKey!,
        token: Credentials!.SessionToken!,
      },
    };
  }

  const whoAmI = async (key: { id: string; secret: string; token?: string }) => {
    const { Arn, UserId, Account } = await client(key).send(new GetCallerIdentityCommand({}));
    return { Arn, UserId, Account };
  };

  it('tells a user who it is', async () => {
    assert.deepEqual(await whoAmI(operator.key), {
      Arn: `arn:aws:iam::${account}:user/ops/operator`,
      UserId: world.state.users[0]!.userId,
      Account: account,
    });
  });

  it('gives keys of a role that say who they are, without the path', async () => {
    const node = await assume(operator.key, { RoleArn: nodeArn, RoleSessionName: 'i-0abc' });
    assert.deepEqual(await whoAmI(node.key), {
      Arn: `arn:aws:sts::${account}:assumed-role/node/i-0abc`,
      UserId: `${world.state.roles[0]!.roleId}:i-0abc`,
      Account: account,
    });
    const app = await assume(node.key, { RoleArn: appArn, RoleSessionName: 'ns@pod' });
    assert.equal(app.arn, `arn:aws:sts::${account}:assumed-role/app/ns@pod`);
    assert.equal((await whoAmI(app.key)).Arn, app.arn);
    assert.equal(app.expiration.getMilliseconds(), 0);
  });

  it('refuses whom the trust policy does not name, in AWS words', async () => {
    await assert.rejects(assume(nobody.key, { RoleArn: nodeArn }), {
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${account}:user/nobody is not authorized to perform: sts:AssumeRole on resource: ${nodeArn}`,
    });
  });

  it('refuses a role that is not there, or whose path or case differs, as one that denies', async () => {
    for (const wrong of ['role/kops/ghost', 'role/node', 'role/kops/Node']) {
      await assert.rejects(assume(operator.key, { RoleArn: `arn:aws:iam::${account}:${wrong}` }), {
        name: 'AccessDenied',
      });
    }
  });

  it('knows the limits of a duration: the role, the chain and the API', async () => {
    await assume(operator.key, { RoleArn: nodeArn, DurationSeconds: 7200 });
    const refused = (input: Parameters<typeof assume>[1], message: string, key = operator.key) =>
      assert.rejects(assume(key, input), { name: 'ValidationError', message });
    await refused(
      { RoleArn: nodeArn, DurationSeconds: 7201 },
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
    await refused(
      { RoleArn: nodeArn, DurationSeconds: 899 },
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    );
    const node = await assume(operator.key, { RoleArn: nodeArn });
    await refused(
      { RoleArn: appArn, DurationSeconds: 3601 },
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      node.key,
    );
  });

  it('refuses session names that AWS would refuse', async () => {
    await assert.rejects(assume(operator.key, { RoleArn: nodeArn, RoleSessionName: 'bad name!' }), {
      name: 'ValidationError',
      message:
        "1 validation error detected: Value 'bad name!' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    });
  });
});

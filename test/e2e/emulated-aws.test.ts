// The emulated AWS held against moto, an emulation that we did not write: the same calls to both must
// end the same. Left out is what moto is known to answer otherwise than AWS does: role sessions that
// are trusted by their role's ARN, account roots, missing external ids, durations and session names.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../src/sandbox/aws/index.ts';
import { type MotoServer, startMotoServer } from './helpers/moto-server.ts';

const account = '123456789012';
const program = process.env.POD_IAM_E2E_MOTO;

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

describe('the emulated AWS and moto', { skip: program ? false : 'POD_IAM_E2E_MOTO is not set' }, () => {
  let moto: MotoServer;
  let aws: EmulatedAws;
  const outcomes: Record<string, [emulated: string, moto: string]> = {};

  before(async () => {
    const world = buildAws(account);
    const { key } = world.user('admin', { policy: allowing('*') });
    aws = await startEmulatedAws({ state: world.state });
    moto = await startMotoServer(program!, '127.0.0.1');
    const admin = { accessKeyId: key.id, secretAccessKey: key.secret };
    const here = await askAll(aws.url, admin, async () => {});
    const there = await askAll(moto.url, admin, async () => {
      await fetch(`${moto.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    });
    for (const [name, outcome] of Object.entries(here)) outcomes[name] = [outcome, there[name]!];
  });
  after(async () => {
    moto?.stop();
    await aws?.close();
  });

  const expected: Record<string, string> = {
    'a user is who it is': `arn:aws:iam::${account}:user/caller`,
    'an invented key': '403 InvalidClientTokenId',
    'a wrong secret': '403 SignatureDoesNotMatch',
    'a trusted user': `arn:aws:sts::${account}:assumed-role/named/test`,
    'a user who is not trusted': '403 AccessDenied',
    'one of several trusted': `arn:aws:sts::${account}:assumed-role/several/test`,
    'anybody is trusted': `arn:aws:sts::${account}:assumed-role/anybody/test`,
    'the right external id': `arn:aws:sts::${account}:assumed-role/external/test`,
    'a wrong external id': '403 AccessDenied',
    'a session is who it is': `arn:aws:sts::${account}:assumed-role/named/test`,
    'a session without its token': '403 InvalidClientTokenId',
    'a session with a wrong token': '403 InvalidClientTokenId',
    'a session without policies asks IAM': '403 AccessDenied',
    'a trust policy that is no JSON': '400 MalformedPolicyDocumentException',
    'a trust policy with a Resource': '400 MalformedPolicyDocumentException',
    'a trust policy with a foreign action': '400 MalformedPolicyDocumentException',
    'a role that is not there': '404 NoSuchEntityException',
  };

  for (const [name, outcome] of Object.entries(expected)) {
    it(`agree on ${name}`, () => assert.deepEqual(outcomes[name], [outcome, outcome]));
  }

  it('were asked nothing else', () => assert.deepEqual(Object.keys(outcomes), Object.keys(expected)));
});

/** Builds the same world by API calls, then asks. @param enforce what makes the server check from here on */
async function askAll(
  endpoint: string,
  admin: Keys,
  enforce: () => Promise<void>,
): Promise<Record<string, string>> {
  const options = (credentials: Keys) => ({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  const iam = new IAMClient(options(admin));
  const user = async (name: string, policy: object): Promise<Keys & { arn: string }> => {
    const { User } = await iam.send(new CreateUserCommand({ UserName: name }));
    const PolicyDocument = JSON.stringify(policy);
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'may', PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
    return {
      arn: User!.Arn!,
      accessKeyId: AccessKey!.AccessKeyId!,
      secretAccessKey: AccessKey!.SecretAccessKey!,
    };
  };
  const role = (name: string, trust: object) =>
    iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));

  const caller = await user('caller', allowing(['sts:AssumeRole', 'iam:*']));
  const other = await user('other', allowing('sts:AssumeRole'));
  await role('named', trusting(caller.arn));
  await role('several', trusting(other.arn, caller.arn));
  const [statement] = (trusting(caller.arn) as { Statement: object[] }).Statement;
  // moto knows the star alone, not in a list.
  await role('anybody', { Version: '2012-10-17', Statement: [{ ...statement, Principal: { AWS: '*' } }] });
  const Condition = { StringEquals: { 'sts:ExternalId': 'x1' } };
  await role('external', { Version: '2012-10-17', Statement: [{ ...statement, Condition }] });
  await enforce();

  const whoIs = async (keys: Keys) =>
    (await new STSClient(options(keys)).send(new GetCallerIdentityCommand({}))).Arn!;
  const assume = (keys: Keys, name: string, more: object = {}) =>
    new STSClient(options(keys)).send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${account}:role/${name}`,
        RoleSessionName: 'test',
        ...more,
      }),
    );
  const become = async (keys: Keys, name: string, more: object = {}) =>
    (await assume(keys, name, more)).AssumedRoleUser!.Arn!;
  const getRole = async (keys: Keys, name: string) =>
    (await new IAMClient(options(keys)).send(new GetRoleCommand({ RoleName: name }))).Role!.Arn!;
  const update = async (PolicyDocument: string) => {
    const command = new UpdateAssumeRolePolicyCommand({ RoleName: 'named', PolicyDocument });
    await new IAMClient(options(caller)).send(command);
    return 'saved';
  };

  const { Credentials } = await assume(caller, 'named');
  const session = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  const { sessionToken: _, ...untokened } = session;
  const calls: Record<string, () => Promise<string>> = {
    'a user is who it is': () => whoIs(caller),
    'an invented key': () => whoIs({ accessKeyId: 'AKIAINVENTED00000000', secretAccessKey: 'x' }),
    'a wrong secret': () => whoIs({ ...caller, secretAccessKey: 'wrong' }),
    'a trusted user': () => become(caller, 'named'),
    'a user who is not trusted': () => become(other, 'named'),
    'one of several trusted': () => become(caller, 'several'),
    'anybody is trusted': () => become(other, 'anybody'),
    'the right external id': () => become(caller, 'external', { ExternalId: 'x1' }),
    'a wrong external id': () => become(caller, 'external', { ExternalId: 'x2' }),
    'a session is who it is': () => whoIs(session),
    'a session without its token': () => whoIs(untokened),
    'a session with a wrong token': () => whoIs({ ...session, sessionToken: 'wrong' }),
    'a session without policies asks IAM': () => getRole(session, 'named'),
    'a trust policy that is no JSON': () => update('{bad'),
    'a trust policy with a Resource': () =>
      update(JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Resource: '*' }] })),
    'a trust policy with a foreign action': () =>
      update(
        JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Action: 's3:GetObject' }] }),
      ),
    'a role that is not there': () => getRole(caller, 'ghost'),
  };
  const outcomes: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) {
    outcomes[name] = await call().catch(
      (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
        `${error.$metadata?.httpStatusCode} ${error.name}`,
    );
  }
  return outcomes;
}

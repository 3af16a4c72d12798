import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import {
  type AwsBuilder,
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';

const home = '111122223333';
const abroad = '444455556666';
const node = `arn:aws:iam::${home}:role/kops/node`;
const session = `arn:aws:sts::${home}:assumed-role/node/i-0abc`;
const assumeAll = allowing('sts:AssumeRole');
const statement = (change: object): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: node }, Action: 'sts:AssumeRole', ...change }],
});
const withExternalId = statement({ Condition: { StringEquals: { 'sts:ExternalId': 'x1' } } });
const denying = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }] };

type Row = {
  case: string;
  trust: object;
  identity?: object;
  /** Account of the role. */
  account?: string;
  ask?: Partial<AssumeRoleCommandInput>;
  /** What follows "is not authorized to perform: " in the refusal; null when it is allowed. */
  refused: string | null;
};

const target = (account = home): string => `arn:aws:iam::${account}:role/app`;
const refusal = (account?: string): string => `sts:AssumeRole on resource: ${target(account)}`;
const tagged = { Tags: [{ Key: 'team', Value: 'blue' }] };

// The caller is a session of the role kops/node. Outcomes are AWS's, by
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
const rows: Row[] = [
  { case: 'the role is named, its own policies are silent', trust: trusting(node), refused: null },
  { case: 'the session is named', trust: trusting(session), refused: null },
  { case: 'another session is named', trust: trusting(`${session}def`), refused: refusal() },
  {
    case: 'the role is named without its path',
    trust: trusting(`arn:aws:iam::${home}:role/node`),
    refused: refusal(),
  },
  { case: 'somebody else is named', trust: trusting(`arn:aws:iam::${home}:user/other`), refused: refusal() },
  {
    case: 'the account is named, and the policies allow it',
    trust: trusting(home),
    identity: assumeAll,
    refused: null,
  },
  { case: 'the account is named, and the policies are silent', trust: trusting(home), refused: refusal() },
  {
    case: 'anybody is named, and the policies allow it',
    trust: trusting('*'),
    identity: assumeAll,
    refused: null,
  },
  { case: 'a service alone is trusted', trust: trustingEc2(), identity: assumeAll, refused: refusal() },
  {
    case: "the caller's own policy denies",
    trust: trusting(node),
    identity: denying,
    refused: `${refusal()} with an explicit deny in an identity-based policy`,
  },
  {
    case: 'the trust policy denies',
    trust: {
      Version: '2012-10-17',
      Statement: [
        ...(trusting(node) as { Statement: object[] }).Statement,
        { Effect: 'Deny', Principal: { AWS: home }, Action: 'sts:AssumeRole' },
      ],
    },
    refused: `${refusal()} with an explicit deny in a resource-based policy`,
  },
  {
    case: 'another account, and only the trust policy allows it',
    account: abroad,
    trust: trusting(node),
    refused: refusal(abroad),
  },
  {
    case: 'another account, and both sides allow it',
    account: abroad,
    trust: trusting(node),
    identity: assumeAll,
    refused: null,
  },
  {
    case: 'an external id is wanted and given',
    trust: withExternalId,
    ask: { ExternalId: 'x1' },
    refused: null,
  },
  {
    case: 'an external id is wanted and wrong',
    trust: withExternalId,
    ask: { ExternalId: 'x2' },
    refused: refusal(),
  },
  { case: 'an external id is wanted and missing', trust: withExternalId, refused: refusal() },
  {
    case: 'MFA is wanted, and a role session never has it',
    trust: statement({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
    refused: refusal(),
  },
  {
    case: 'the role is matched by aws:PrincipalArn, path and all',
    trust: statement({
      Principal: { AWS: home },
      Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${home}:role/kops/*` } },
    }),
    identity: assumeAll,
    refused: null,
  },
  {
    case: 'the session name is matched',
    trust: statement({ Condition: { StringLike: { 'sts:RoleSessionName': 'test*' } } }),
    refused: null,
  },
  {
    case: 'tags are sent, and only AssumeRole is allowed',
    trust: trusting(node),
    ask: tagged,
    refused: `sts:TagSession on resource: ${target()}`,
  },
  {
    case: 'tags are sent and wanted',
    trust: statement({
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: { StringEquals: { 'aws:RequestTag/team': 'blue' } },
    }),
    ask: tagged,
    refused: null,
  },
  {
    case: 'a source identity is sent, and only AssumeRole is allowed',
    trust: trusting(node),
    ask: { SourceIdentity: 'somebody' },
    refused: `sts:SetSourceIdentity on resource: ${target()}`,
  },
];

describe('AssumeRole in the emulated AWS', () => {
  let aws: EmulatedAws;
  before(async () => {
    aws = await startEmulatedAws({ state: buildAws(home).state });
  });
  after(() => aws.close());

  /** The state is the server's for the whole suite, so each row fills it anew. */
  function fill(row: Row): AwsBuilder {
    const world = buildAws(home);
    world.role('kops/node', { trust: trustingEc2(), ...(row.identity && { policy: row.identity }) });
    world.role('app', { trust: row.trust, account: row.account ?? home });
    Object.assign(aws.state, world.state);
    return world;
  }

  const clientOf = (
    role: AwsBuilder['state']['roles'][number],
    facts?: Parameters<EmulatedAws['sessions']['issue']>[3],
  ) => {
    const { credentials } = aws.sessions.issue(role, 'i-0abc', 3600, facts);
    return new STSClient({ endpoint: aws.url, region: 'us-east-1', maxAttempts: 1, credentials });
  };

  for (const row of rows) {
    it(`${row.refused === null ? 'allows' : 'refuses'} it when ${row.case}`, async () => {
      const { state } = fill(row);
      const command = new AssumeRoleCommand({
        RoleArn: target(row.account),
        RoleSessionName: 'test',
        ...row.ask,
      });
      const answer = clientOf(state.roles[0]!).send(command);
      if (row.refused !== null)
        await assert.rejects(answer, {
          name: 'AccessDenied',
          message: `User: ${session} is not authorized to perform: ${row.refused}`,
        });
      else
        assert.equal(
          (await answer).AssumedRoleUser!.Arn,
          `arn:aws:sts::${row.account ?? home}:assumed-role/app/test`,
        );
    });
  }

  it('carries transitive tags over to the next role', async () => {
    const trust = statement({
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
    });
    const { state } = fill({ case: '', trust, refused: null });
    const command = new AssumeRoleCommand({ RoleArn: target(), RoleSessionName: 'test' });
    await assert.rejects(clientOf(state.roles[0]!).send(command), { name: 'AccessDenied' });
    const facts = { tags: { team: 'blue' }, transitiveTagKeys: ['team'], sourceIdentity: null };
    const role = state.roles.find(({ name }) => target().endsWith(`/${name}`))!;
    const whole = role.trustPolicy;
    role.trustPolicy = whole.replace(',"sts:TagSession"', '');
    assert.notEqual(role.trustPolicy, whole);
    await assert.rejects(clientOf(state.roles[0]!, facts).send(command), {
      name: 'AccessDenied',
      message: /is not authorized to perform: sts:TagSession on/,
    });
    role.trustPolicy = whole;
    const { Credentials } = await clientOf(state.roles[0]!, facts).send(command);
    const key = aws.sessions.findKey(Credentials!.AccessKeyId!)!;
    assert.ok(key.caller.kind === 'session');
    assert.deepEqual(key.caller.facts, facts);
  });

  it('knows the identity of an instance itself, which no policy names', async () => {
    const { state } = fill({ case: '', trust: trusting(node), refused: '' });
    const instance = { ...state.roles[0]!, name: 'aws:ec2-instance' };
    const command = new AssumeRoleCommand({ RoleArn: target(), RoleSessionName: 'test' });
    await assert.rejects(clientOf(instance).send(command), {
      name: 'AccessDenied',
      message: `User: arn:aws:sts::${home}:assumed-role/aws:ec2-instance/i-0abc is not authorized to perform: ${refusal()}`,
    });
  });
});

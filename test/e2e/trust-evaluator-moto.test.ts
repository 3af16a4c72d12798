// The evaluator and moto, an STS that we did not write, give the same answer to the same AssumeRole.
// Asked is only what moto judges as AWS does: callers that are users, or sessions that the document
// names exactly, with a policy of their own, and documents of one statement.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { evaluateTrust } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { type Keys, MOTO_ACCOUNT, type Moto, startMoto } from './helpers/moto.ts';

const user = (name: string): string => `arn:aws:iam::${MOTO_ACCOUNT}:user/${name}`;
const session = (name: string): string => `arn:aws:sts::${MOTO_ACCOUNT}:assumed-role/chain/${name}`;
const blue = `arn:aws:iam::${MOTO_ACCOUNT}:role/blue`;

interface Case {
  name: string;
  /** `node` is a user, `chain` a session of a role that the user has. */
  caller: 'node' | 'chain';
  AWS: string | string[];
  externalIdDemanded?: string;
  externalIdSent?: string;
  answer: 'allow' | 'deny';
}

const cases: Case[] = [
  { name: 'the user is named', caller: 'node', AWS: user('node'), answer: 'allow' },
  { name: 'another user is named', caller: 'node', AWS: user('someone-else'), answer: 'deny' },
  { name: 'several are named', caller: 'node', AWS: [user('someone-else'), user('node')], answer: 'allow' },
  { name: 'everyone is named', caller: 'node', AWS: '*', answer: 'allow' },
  {
    ...{ name: 'the external id is right', caller: 'node', AWS: user('node') },
    ...{ externalIdDemanded: 'shop', externalIdSent: 'shop', answer: 'allow' },
  },
  {
    ...{ name: 'the external id is wrong', caller: 'node', AWS: user('node') },
    ...{ externalIdDemanded: 'shop', externalIdSent: 'blog', answer: 'deny' },
  },
  { name: 'the very session is named', caller: 'chain', AWS: session('one'), answer: 'allow' },
  { name: 'another session is named', caller: 'chain', AWS: session('two'), answer: 'deny' },
];

const skip = process.env.POD_IAM_E2E_MOTO ? false : 'POD_IAM_E2E_MOTO is not set';

describe('the evaluator and moto', { skip }, () => {
  let moto: Moto;
  let iam: IAMClient;
  const keys: Record<Case['caller'], Keys & { sessionToken?: string }> = {} as never;
  const sts = (credentials: Keys): STSClient =>
    new STSClient({ endpoint: moto.url, region: 'us-east-1', credentials });

  before(async () => {
    moto = await startMoto(['blue', 'chain'], '127.0.0.1');
    iam = new IAMClient({ endpoint: moto.url, region: 'us-east-1', credentials: moto.adminKeys });
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'chain',
        PolicyName: 'may',
        PolicyDocument: own('sts:AssumeRole'),
      }),
    );
    keys.node = moto.nodeKeys;
    const asNode = sts(moto.nodeKeys);
    const command = new AssumeRoleCommand({ RoleArn: moto.roleArn('chain'), RoleSessionName: 'one' });
    const { Credentials } = await asNode.send(command);
    asNode.destroy();
    keys.chain = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
  });
  after(() => {
    iam?.destroy();
    moto?.stop();
  });

  const asked = async (of: Case): Promise<'allow' | 'deny'> => {
    const client = sts(keys[of.caller]);
    const RoleSessionName = 'test';
    try {
      await client.send(
        new AssumeRoleCommand({ RoleArn: blue, RoleSessionName, ExternalId: of.externalIdSent }),
      );
      return 'allow';
    } catch (error) {
      assert.match((error as Error).name, /^AccessDenied/);
      return 'deny';
    } finally {
      client.destroy();
    }
  };

  for (const one of cases)
    it(`${one.name}: ${one.answer}`, async () => {
      const { AWS, externalIdDemanded } = one;
      const document = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            ...{ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' },
            ...(externalIdDemanded && {
              Condition: { StringEquals: { 'sts:ExternalId': externalIdDemanded } },
            }),
          },
        ],
      });
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'blue', PolicyDocument: document }));
      const [trust, identity] = [parsePolicy(document), parsePolicy(own('sts:AssumeRole'), 'identity')];
      assert.ok(trust.ok && identity.ok);
      const { decision } = evaluateTrust(trust.policy, {
        caller: one.caller === 'node' ? user('node') : session('one'),
        action: 'sts:AssumeRole',
        role: blue,
        context: one.externalIdSent ? { 'sts:ExternalId': [one.externalIdSent] } : {},
        identityPolicies: [identity.policy],
      });
      assert.deepEqual([decision, await asked(one)], [one.answer, one.answer]);
    });
});

const own = (Action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

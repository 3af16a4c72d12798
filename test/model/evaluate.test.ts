import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Evaluation, evaluateTrust, type TrustRequest } from '../../src/model/evaluate.ts';
import { type Policy, parsePolicy } from '../../src/model/policy.ts';
import { Problem } from '../../src/model/problem.ts';

const HOME = '111122223333';
const node = `arn:aws:iam::${HOME}:role/node`;
const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
const app = `arn:aws:iam::${HOME}:role/app`;
const root = `arn:aws:iam::${HOME}:root`;

type Json = Record<string, unknown>;

function policyOf(...statements: Json[]): Policy {
  const parsed = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  assert.ok(parsed.ok, JSON.stringify(parsed.faults));
  return parsed.policy;
}

const allow = (AWS: unknown, more: Json = {}): Json => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'sts:AssumeRole',
  ...more,
});
const deny = (AWS: unknown, more: Json = {}): Json => ({ ...allow(AWS, more), Effect: 'Deny' });

const ask = (policy: Policy, more: Partial<TrustRequest> = {}): Evaluation =>
  evaluateTrust(policy, {
    caller: session,
    action: 'sts:AssumeRole',
    role: app,
    context: {},
    identityPolicies: 'silent',
    ...more,
  });

describe('evaluateTrust', () => {
  it('says that a policy variable stands for nothing', () => {
    const { policy } = parsePolicy(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: '111122223333' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:RoleSessionName': '${aws:username}' } },
        },
      }),
    );
    const { statements } = evaluateTrust(policy!, {
      caller: 'arn:aws:iam::111122223333:role/node',
      action: 'sts:AssumeRole',
      context: { 'sts:RoleSessionName': ['ada'] },
      identityPolicies: 'any',
    });
    assert.match(statements[0]!.why, /, and it is "ada"; "\$\{aws:username\}" has no value for this caller$/);
  });

  it('tells which statement decided, and why', () => {
    assert.deepEqual(ask(policyOf(allow(node, { Sid: 'Nodes' }))), {
      decision: 'allow',
      because: `statement 0 (Nodes) allows it: it names the caller's role ${node} and grants sts:AssumeRole`,
      statements: [
        {
          index: 0,
          sid: 'Nodes',
          effect: 'Allow',
          matched: true,
          why: `it names the caller's role ${node} and grants sts:AssumeRole`,
        },
      ],
      needs: [],
      route: 'role',
      isCrossAccount: false,
    });
    assert.equal(
      ask(policyOf(allow(`${node}s`))).because,
      `statement 0 does not match: it names ${node}s, not the caller`,
    );
  });

  it('says what the other side must add', () => {
    const { decision, because, needs } = ask(policyOf(allow(root)));
    assert.equal(decision, 'deny');
    assert.equal(
      because,
      "the trust policy only delegates to the caller's account, and the caller's own policies do not allow it",
    );
    assert.deepEqual(needs, [`a policy of the caller that allows sts:AssumeRole on ${app}`]);
  });

  it('names the facts on which the answer hangs', () => {
    const { decision, needs } = ask(
      policyOf(allow(node, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })),
    );
    assert.equal(decision, 'unknown');
    assert.deepEqual(needs, ['IpAddress wants aws:SourceIp: "10.0.0.0/8"']);
  });

  it('keeps apart what names the caller and what names its account', () => {
    const both = policyOf(allow([root, `arn:aws:iam::${HOME}:role/kops/node`]));
    const { decision, needs } = ask(both);
    assert.equal(decision, 'unknown');
    assert.deepEqual(needs, [
      `the ARN of the caller's role with its path: is it arn:aws:iam::${HOME}:role/kops/node?`,
    ]);
    assert.equal(ask(both, { identityPolicies: 'any' }).decision, 'allow');
    assert.equal(ask(both, { callerRole: node }).decision, 'deny');
    assert.equal(ask(both, { callerRole: `arn:aws:iam::${HOME}:role/kops/node` }).decision, 'allow');
  });

  it('lets a Deny win over every Allow', () => {
    const denied = ask(policyOf(allow(node), deny(root)));
    assert.equal(denied.decision, 'deny');
    assert.match(denied.because, /^statement 1 denies it, and a Deny wins/);
    assert.equal(
      ask(
        policyOf(allow(node), deny('*', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } })),
      ).decision,
      'unknown',
    );
  });

  it('lets a role assume itself only when the policy says so', () => {
    const self = { caller: app, identityPolicies: 'any' as const };
    assert.equal(ask(policyOf(allow(node)), self).decision, 'deny');
    assert.equal(ask(policyOf(allow(app)), self).decision, 'allow');
  });

  it('knows callers of every kind', () => {
    const of = (Principal: Json, caller: string, action = 'sts:AssumeRole'): string =>
      ask(policyOf({ Effect: 'Allow', Principal, Action: action }), { caller, action }).decision;
    const user = `arn:aws:iam::${HOME}:user/team/ann`;
    const saml = `arn:aws:iam::${HOME}:saml-provider/okta`;
    assert.equal(of({ AWS: user }, user), 'allow');
    assert.equal(of({ AWS: user }, `arn:aws:iam::${HOME}:user/ann`), 'deny');
    assert.equal(of({ Service: 'ec2.amazonaws.com' }, 'ec2.amazonaws.com'), 'allow');
    assert.equal(of({ Service: 'ec2.amazonaws.com' }, 'lambda.amazonaws.com'), 'deny');
    assert.equal(of({ Federated: saml }, saml, 'sts:AssumeRoleWithSAML'), 'allow');
    assert.equal(of({ Federated: saml }, saml), 'deny');
    assert.equal(
      of({ Federated: 'accounts.google.com' }, 'accounts.google.com', 'sts:AssumeRoleWithWebIdentity'),
      'allow',
    );
    assert.equal(of({ AWS: session }, node), 'unknown');
    assert.equal(of({ AWS: '*' }, user), 'allow');
    assert.equal(of({ AWS: '*' }, 'ec2.amazonaws.com'), 'deny');
    assert.equal(of({ AWS: root }, root), 'deny');
  });

  it('lets nothing cross partitions', () => {
    const chinese = `arn:aws-cn:iam::${HOME}:role/node`;
    const { decision, because } = ask(policyOf(allow(chinese)), { caller: chinese, identityPolicies: 'any' });
    assert.equal(decision, 'deny');
    assert.match(because, /nothing crosses partitions/);
  });

  it('takes request parameters as absent unless told otherwise', () => {
    const policy = policyOf(allow(node, { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } }));
    assert.equal(ask(policy).decision, 'deny');
    assert.equal(ask(policy, { parametersAreUnknown: true }).decision, 'unknown');
    assert.equal(ask(policy, { context: { 'sts:externalid': ['blue'] } }).decision, 'allow');
  });

  it('refuses words that name nobody', () => {
    assert.throws(
      () => ask(policyOf(allow(node)), { caller: 'node' }),
      (error) => error instanceof Problem && error.code === 'BAD_CALLER',
    );
    assert.throws(
      () => ask(policyOf(allow(node)), { role: 'app' }),
      (error) => error instanceof Problem && error.code === 'BAD_ROLE',
    );
  });
});

// The cases in which a caller with a session of role `node` asks for role `app`: what AWS answers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateTrust, type IdentityPolicies, type TrustRequest } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';

const HOME = '111122223333';
const AWAY = '444455556666';
const node = `arn:aws:iam::${HOME}:role/node`;
const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
const app = `arn:aws:iam::${HOME}:role/app`;
const awayApp = `arn:aws:iam::${AWAY}:role/app`;
const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE';
const provider = `arn:aws:iam::${HOME}:oidc-provider/${issuer}`;

type Json = Record<string, unknown>;
const document = (...statements: Json[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const trust = (principal: unknown, more: Json = {}): string =>
  document({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more });
const identity = (effect: string): IdentityPolicies => {
  const statements = [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }];
  if (effect === 'Deny') statements.push({ Effect: 'Deny', Action: 'sts:*', Resource: '*' });
  const parsed = parsePolicy(document(...statements), 'identity');
  assert.ok(parsed.ok);
  return [parsed.policy];
};
const both = { identityPolicies: identity('Allow') };
const abroad = { role: awayApp };

type Case = [number, string, string, Partial<TrustRequest>, 'allow' | 'deny' | 'unknown' | 'invalid'];
const irsa = (condition: Json): string =>
  trust({ Federated: provider }, { Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition });
const token = {
  caller: provider,
  action: 'sts:AssumeRoleWithWebIdentity',
  context: {
    [`${issuer}:sub`]: ['system:serviceaccount:default:web'],
    [`${issuer}:aud`]: ['sts.amazonaws.com'],
  },
};
const audience = { [`${issuer}:aud`]: 'sts.amazonaws.com' };
const externalId = { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } };

const cases: Case[] = [
  [
    1,
    'same account, the trust names the role of the session, no identity policy',
    trust({ AWS: node }),
    {},
    'allow',
  ],
  [2, 'same account, the identity policy allows, too', trust({ AWS: node }), both, 'allow'],
  [3, 'same account, root, no identity policy', trust({ AWS: `arn:aws:iam::${HOME}:root` }), {}, 'deny'],
  [
    4,
    'same account, root, the identity policy allows',
    trust({ AWS: `arn:aws:iam::${HOME}:root` }),
    both,
    'allow',
  ],
  [5, 'bare account id, the identity policy allows', trust({ AWS: HOME }), both, 'allow'],
  [6, '"Principal": "*"', trust('*'), {}, 'invalid'],
  [7, '{"AWS": "*"}, the identity policy allows', trust({ AWS: '*' }), both, 'allow'],
  [8, 'cross-account, role named, no identity policy', trust({ AWS: node }), abroad, 'deny'],
  [
    9,
    'cross-account, role named, the identity policy allows',
    trust({ AWS: node }),
    { ...abroad, ...both },
    'allow',
  ],
  [
    10,
    'cross-account, root, the identity policy allows',
    trust({ AWS: `arn:aws:iam::${HOME}:root` }),
    { ...abroad, ...both },
    'allow',
  ],
  [
    11,
    "cross-account, only the role's own account is trusted",
    trust({ AWS: `arn:aws:iam::${AWAY}:role/node` }),
    { ...abroad, ...both },
    'deny',
  ],
  [12, 'the exact session is named', trust({ AWS: session }), both, 'allow'],
  [13, 'another session of the role is named', trust({ AWS: `${session}x` }), both, 'deny'],
  [
    14,
    'cross-account, external id given',
    trust({ AWS: node }, externalId),
    { ...abroad, ...both, context: { 'sts:ExternalId': ['blue'] } },
    'allow',
  ],
  [
    15,
    'cross-account, external id missing',
    trust({ AWS: node }, externalId),
    { ...abroad, ...both },
    'deny',
  ],
  [
    16,
    'StringNotEquals on an external id that is absent',
    trust({ AWS: node }, { Condition: { StringNotEquals: { 'sts:ExternalId': 'blue' } } }),
    both,
    'allow',
  ],
  [
    17,
    'the role is named, the identity policy denies',
    trust({ AWS: node }),
    { identityPolicies: identity('Deny') },
    'deny',
  ],
  [
    18,
    'Deny with NotPrincipal',
    document(
      { Effect: 'Allow', Principal: { AWS: HOME }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', NotPrincipal: { AWS: node }, Action: 'sts:AssumeRole' },
    ),
    both,
    'invalid',
  ],
  [
    19,
    'a session of the role itself, not named',
    trust({ AWS: node }),
    { ...both, caller: `arn:aws:sts::${HOME}:assumed-role/app/x` },
    'deny',
  ],
  [
    20,
    'root narrowed by ArnLike on aws:PrincipalArn',
    trust({ AWS: HOME }, { Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/no*` } } }),
    both,
    'allow',
  ],
  [21, 'a wildcard inside a principal', trust({ AWS: `arn:aws:iam::${HOME}:role/no*` }), both, 'invalid'],
  [22, 'the unique id of a deleted role', trust({ AWS: 'AROAEXAMPLEEXAMPLE123' }), both, 'deny'],
  [23, 'a service principal only', trust({ Service: 'ec2.amazonaws.com' }), both, 'deny'],
  [
    24,
    'the trust names a path that the session has lost',
    trust({ AWS: `arn:aws:iam::${HOME}:role/team/node` }),
    both,
    'unknown',
  ],
  [
    24,
    "the same, and the caller's role is known",
    trust({ AWS: `arn:aws:iam::${HOME}:role/team/node` }),
    { callerRole: `arn:aws:iam::${HOME}:role/team/node` },
    'allow',
  ],
  [
    24,
    "the same, and the caller's role has no path",
    trust({ AWS: `arn:aws:iam::${HOME}:role/team/node` }),
    { callerRole: node },
    'deny',
  ],
  [
    25,
    'sts:TagSession where AssumeRole alone is allowed',
    trust({ AWS: node }),
    { ...both, action: 'sts:TagSession' },
    'deny',
  ],
  [
    30,
    'an EKS token, its subject matched by StringLike',
    irsa({ StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:default:*' }, StringEquals: audience }),
    token,
    'allow',
  ],
  [
    31,
    'StringEquals with a star',
    irsa({ StringEquals: { [`${issuer}:sub`]: 'system:serviceaccount:default:*', ...audience } }),
    token,
    'deny',
  ],
  [
    32,
    'another subject',
    irsa({ StringEquals: { [`${issuer}:sub`]: 'system:serviceaccount:default:api', ...audience } }),
    token,
    'deny',
  ],
];

describe('what AWS answers', () => {
  for (const [number, name, text, request, expected] of cases) {
    it(`case ${String(number).padStart(2, '0')}: ${name}: ${expected}`, () => {
      const parsed = parsePolicy(text);
      if (expected === 'invalid') return assert.equal(parsed.ok, false);
      assert.ok(parsed.ok, JSON.stringify(parsed.faults));
      const full = {
        caller: session,
        action: 'sts:AssumeRole',
        role: app,
        context: {},
        identityPolicies: 'silent' as const,
        ...request,
      };
      assert.equal(evaluateTrust(parsed.policy, full).decision, expected);
    });
  }
});

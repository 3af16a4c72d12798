// The goal of 10,000 evaluations of a 2 KiB policy per second and core, measured over documents that are
// slow in different ways, and printed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evaluateTrust, type TrustRequest } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { cpuMs } from '../helpers/cpu-time.ts';

const HOME = '111122223333';
const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3ED539D4633E53DE1B716D3041E';
const provider = `arn:aws:iam::${HOME}:oidc-provider/${issuer}`;
const role = `arn:aws:iam::${HOME}:role/app`;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const session: Partial<TrustRequest> = { caller: `arn:aws:sts::${HOME}:assumed-role/node/i-0abc` };
const token: Partial<TrustRequest> = {
  caller: provider,
  action: 'sts:AssumeRoleWithWebIdentity',
  context: {
    [`${issuer}:sub`]: ['system:serviceaccount:shop:none'],
    [`${issuer}:aud`]: ['sts.amazonaws.com'],
  },
};

const cases: [name: string, statements: object[], request: Partial<TrustRequest>][] = [
  [
    'many principals',
    [
      {
        Principal: { AWS: upTo(45).map((index) => `arn:aws:iam::${HOME}:role/other-nodes-${index}`) },
        Action: 'sts:AssumeRole',
      },
    ],
    session,
  ],
  [
    'many statements of tokens',
    upTo(5).map((index) => ({
      Principal: { Federated: provider },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${issuer}:sub`]: `system:serviceaccount:team-${index}:*` },
      },
    })),
    token,
  ],
  [
    'many patterns and variables',
    [
      {
        Principal: { AWS: `arn:aws:iam::${HOME}:root` },
        Action: 'sts:*',
        Condition: {
          ArnNotLike: {
            'aws:PrincipalArn': upTo(28).map(
              (index) => `arn:aws:iam::*:role/teams/*/service-${index}-*/\${aws:PrincipalTag/x}-*`,
            ),
          },
        },
      },
    ],
    { ...session, identityPolicies: 'any', context: { 'aws:PrincipalTag/x': ['blue'] } },
  ],
];

for (const [name, statements, request] of cases)
  it(`evaluates a 2 KiB policy of ${name} more than 10,000 times a second`, (t) => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
    });
    assert.ok(text.length > 1950 && text.length < 2500, `${text.length} characters`);
    const parsed = parsePolicy(text);
    assert.ok(parsed.ok);
    const whole: TrustRequest = {
      ...{ caller: role, role, action: 'sts:AssumeRole', context: {}, identityPolicies: 'silent' },
      ...request,
    };
    for (let index = 0; index < 1_000; index += 1) evaluateTrust(parsed.policy, whole);
    const tookMs = cpuMs(() => {
      for (let index = 0; index < 10_000; index += 1) evaluateTrust(parsed.policy, whole);
    });
    t.diagnostic(`${Math.round(1e7 / tookMs).toLocaleString('en')} evaluations a second: ${name}`);
    assert.ok(tookMs < 1_000, `${tookMs} ms for 10,000`);
  });

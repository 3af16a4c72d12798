// Documents for tests, written as short as the point allows.

import { parseRoleArn } from '../../src/model/arn.ts';
import type { Result } from '../../src/model/finding.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import { checkPolicy } from '../../src/trust-policy/check.ts';
import type { CheckOptions, LiveFacts } from '../../src/trust-policy/rule.ts';

export const HOME = '210987654321';
export const AWAY = '543210987654';
export const NODE = `arn:aws:iam::${HOME}:role/node`;
export const ROOT = `arn:aws:iam::${HOME}:root`;
export const APP = parseRoleArn(`arn:aws:iam::${HOME}:role/app`)!;
export const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3ED539D4633E53DE1B716D3041E';
export const PROVIDER = `arn:aws:iam::${HOME}:oidc-provider/${ISSUER}`;

export type Json = Record<string, unknown>;

export const document = (...statements: Json[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2);

/** One Allow of sts:AssumeRole, changed by `more`. */
export const trust = (principal: unknown, more: Json = {}): string =>
  document({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more });

/** An Allow for tokens of an EKS cluster. */
export const irsa = (condition: Json, more: Json = {}): string =>
  trust({ Federated: PROVIDER }, { Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition, ...more });

export const SUBJECT = { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:web' };
export const AUDIENCE = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };

export const OPTIONS: CheckOptions = { nodeIdentities: [], account: null, role: null, sizeQuota: 2048 };

/** What IAM knows in these tests: two roles, one of them with a path, and one token issuer. */
export const LIVE: LiveFacts = {
  principals: {
    [NODE]: known(NODE, 'iam:GetRole'),
    [`arn:aws:iam::${HOME}:role/ghost`]: known(null, 'iam:GetRole'),
    [`arn:aws:iam::${HOME}:role/worker`]: known(`arn:aws:iam::${HOME}:role/kops/worker`, 'iam:GetRole'),
    [`arn:aws:iam::${HOME}:user/hidden`]: unknownFact('AWS does not allow iam:GetUser', 'iam:GetUser'),
  },
  oidcProviders: known(
    [{ arn: PROVIDER, issuer: ISSUER, clientIds: ['sts.amazonaws.com'] }],
    'iam:ListOpenIDConnectProviders',
  ),
};

export const check = (text: string, options: Partial<CheckOptions> = {}): Result[] =>
  checkPolicy({ name: 'app.json', text, fault: null }, { ...OPTIONS, ...options });

export const broken = (text: string, options: Partial<CheckOptions> = {}): Result[] =>
  check(text, options).filter(({ status }) => status !== 'pass');

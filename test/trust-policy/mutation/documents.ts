// Documents that do what they should, and requests that tell them from others.
import type { TrustRequest } from '../../../src/model/evaluate.ts';
import {
  AUDIENCE,
  AWAY,
  document,
  HOME,
  ISSUER,
  irsa,
  NODE,
  PROVIDER,
  ROOT,
  SUBJECT,
  trust,
} from '../helpers.ts';

const OTHER = `arn:aws:iam::${HOME}:role/other`;
const SAML = `arn:aws:iam::${HOME}:saml-provider/okta`;
const PODS = 'pods.eks.amazonaws.com';
const CLUSTER = `arn:aws:eks:eu-west-1:${HOME}:cluster/prod`;
const allow = { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' };
const pods = (Condition: Record<string, unknown>): string =>
  trust({ Service: PODS }, { Action: ['sts:AssumeRole', 'sts:TagSession'], Condition });

export const goodDocuments: readonly string[] = [
  trust({ AWS: NODE }),
  trust({ AWS: NODE }, { Sid: 'Nodes' }),
  trust({ AWS: [NODE, OTHER] }),
  trust({ AWS: ROOT }),
  trust({ AWS: HOME }),
  trust({ AWS: NODE }, { Action: ['sts:AssumeRole', 'sts:TagSession'] }),
  trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue-7' } } }),
  trust({ AWS: NODE }, { Condition: { StringLike: { 'sts:RoleSessionName': 'shop-*' } } }),
  trust({ AWS: ROOT }, { Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/no*` } } }),
  trust({ AWS: ROOT }, { Condition: { ArnEquals: { 'aws:PrincipalArn': NODE } } }),
  trust({ AWS: '*' }, { Condition: { StringEquals: { 'aws:PrincipalAccount': HOME } } }),
  trust({ Service: 'ec2.amazonaws.com' }),
  trust({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }),
  pods({ StringEquals: { 'aws:SourceAccount': HOME } }),
  pods({ ArnEquals: { 'aws:SourceArn': CLUSTER } }),
  irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }),
  irsa({ StringEquals: AUDIENCE, StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:*' } }),
  trust(
    { Federated: SAML },
    {
      Action: 'sts:AssumeRoleWithSAML',
      Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
    },
  ),
  document(allow, {
    ...allow,
    Effect: 'Deny',
    Condition: { StringNotEquals: { 'sts:ExternalId': 'blue-7' } },
  }),
  document(allow, { ...allow, Principal: { AWS: OTHER }, Action: 'sts:AssumeRole' }),
  document(allow, {
    ...allow,
    Effect: 'Deny',
    Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
  }),
];

const role = `arn:aws:iam::${HOME}:role/app`;
const callers = [
  NODE,
  OTHER,
  `arn:aws:iam::${AWAY}:role/node`,
  'ec2.amazonaws.com',
  'lambda.amazonaws.com',
  PODS,
  PROVIDER,
  SAML,
];
const actions = [
  'sts:AssumeRole',
  'sts:TagSession',
  'sts:AssumeRoleWithWebIdentity',
  'sts:AssumeRoleWithSAML',
];
const contexts: Record<string, string[]>[] = [
  {},
  { 'sts:ExternalId': ['blue-7'], 'sts:RoleSessionName': ['shop-1'], 'aws:SourceIp': ['192.0.2.7'] },
  { 'sts:ExternalId': ['red-77'], 'sts:RoleSessionName': ['web-1'], 'aws:SourceIp': ['198.51.100.7'] },
  {
    'aws:SourceAccount': [HOME],
    'aws:SourceArn': [CLUSTER],
    [`${ISSUER}:sub`]: ['system:serviceaccount:shop:web'],
    [`${ISSUER}:aud`]: ['sts.amazonaws.com'],
    'SAML:aud': ['https://signin.aws.amazon.com/saml'],
  },
];

export const probes: readonly TrustRequest[] = callers.flatMap((caller) =>
  actions.flatMap((action) =>
    contexts.map((context) => ({ caller, action, role, context, identityPolicies: 'any' as const })),
  ),
);

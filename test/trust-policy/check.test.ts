// Each rule: a document that breaks it, with the place, and documents that break none.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RULES, TP_CODES } from '../../src/trust-policy/codes.ts';
import type { CheckOptions } from '../../src/trust-policy/rule.ts';
import { assertGolden } from '../helpers/golden.ts';
import type { Broken } from './cases/broken.ts';
import { live } from './cases/live.ts';
import {
  APP,
  AUDIENCE,
  AWAY,
  broken,
  check,
  document,
  HOME,
  ISSUER,
  irsa,
  type Json,
  NODE,
  PROVIDER,
  ROOT,
  SUBJECT,
  trust,
} from './helpers.ts';

const nodes: Partial<CheckOptions> = { nodeIdentities: [NODE] };
const org = { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } };
const pods = (more: Json = {}): string =>
  trust(
    { Service: 'pods.eks.amazonaws.com' },
    {
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: { StringEquals: { 'aws:SourceAccount': HOME } },
      ...more,
    },
  );
const at = '/Statement/0';

const cases: Broken[] = [
  ['TP001', 'fail', '', 'YAML', 'Version: 2012-10-17\n'],
  ['TP001', 'fail', '', 'an empty file', ''],
  ['TP001', 'fail', '', 'a list', '[]'],
  ['TP001', 'fail', '', 'no statement', '{"Version":"2012-10-17"}'],
  ['TP001', 'fail', '/Statement', 'an empty list of statements', '{"Version":"2012-10-17","Statement":[]}'],
  ['TP001', 'fail', `${at}/Effect`, 'an effect in lower case', trust({ AWS: NODE }, { Effect: 'allow' })],
  ['TP001', 'fail', at, 'no effect', document({ Principal: { AWS: NODE }, Action: 'sts:AssumeRole' })],
  ['TP001', 'fail', `${at}/Principals`, 'an unknown key', trust({ AWS: NODE }, { Principals: {} })],
  ['TP001', 'fail', `${at}/Principal/AWS/0`, 'a number for a principal', trust({ AWS: [1] })],
  [
    'TP001',
    'fail',
    `${at}/Effect`,
    'a key that stands twice',
    trust({ AWS: NODE }).replace('"Effect"', '"Effect": "Deny", "Effect"'),
  ],
  ['TP001', 'fail', '', 'a curly quote', trust({ AWS: NODE }, { Sid: 'a\u201d' })],
  ['TP001', 'fail', '', 'a document above the quota on raw text', trust({ AWS: NODE }) + ' '.repeat(140_000)],
  ['TP002', 'warn', '', 'no version', trust({ AWS: NODE }).replace(/"Version".*\n/, '')],
  [
    'TP002',
    'warn',
    '/Version',
    'the version of 2008',
    trust({ AWS: NODE }).replace('2012-10-17', '2008-10-17'),
  ],
  [
    'TP002',
    'fail',
    '/Version',
    'a version that does not exist',
    trust({ AWS: NODE }).replace('2012-10-17', '2012-10-18'),
  ],
  ['TP003', 'fail', `${at}/Resource`, 'a resource', trust({ AWS: NODE }, { Resource: '*' })],
  [
    'TP003',
    'fail',
    `${at}/NotResource`,
    'a resource that is excepted',
    trust({ AWS: NODE }, { NotResource: '*' }),
  ],
  ['TP004', 'fail', at, 'no principal', document({ Effect: 'Allow', Action: 'sts:AssumeRole' })],
  ['TP004', 'fail', `${at}/Principal`, 'an empty principal', trust({})],
  ['TP004', 'fail', `${at}/Principal`, 'an ARN without its type', trust(NODE)],
  ['TP004', 'fail', `${at}/Principal/aws`, 'a type in lower case', trust({ aws: NODE })],
  ['TP004', 'fail', `${at}/Principal/AWS`, 'a bare role name', trust({ AWS: 'node' })],
  ['TP004', 'fail', `${at}/Principal/AWS`, 'an ARN of S3', trust({ AWS: 'arn:aws:s3:::bucket' })],
  ['TP004', 'fail', `${at}/Principal/AWS`, 'a provider under AWS', trust({ AWS: PROVIDER })],
  [
    'TP004',
    'fail',
    `${at}/Principal/Federated`,
    'an issuer that is no ARN',
    irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }).replace(`"${PROVIDER}"`, `"https://${ISSUER}"`),
  ],
  [
    'TP005',
    'fail',
    `${at}/NotPrincipal`,
    'NotPrincipal',
    document({ Effect: 'Deny', NotPrincipal: { AWS: NODE }, Action: 'sts:AssumeRole' }),
  ],
  ['TP006', 'fail', `${at}/Principal`, 'a star', trust('*')],
  ['TP007', 'fail', `${at}/Principal/AWS`, 'everyone', trust({ AWS: '*' })],
  [
    'TP007',
    'fail',
    `${at}/Principal/AWS`,
    'everyone with a session name',
    trust({ AWS: '*' }, { Condition: { StringLike: { 'sts:RoleSessionName': 'x*' } } }),
  ],
  [
    'TP007',
    'fail',
    `${at}/Principal/AWS`,
    "a role name in anybody's account",
    trust({ AWS: '*' }, { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/node' } } }),
  ],
  [
    'TP007',
    'fail',
    `${at}/Principal/AWS`,
    'all addresses',
    trust({ AWS: '*' }, { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }),
  ],
  [
    'TP008',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalId`,
    'everyone with an external id',
    trust({ AWS: '*' }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } }),
  ],
  [
    'TP009',
    'fail',
    `${at}/Principal/AWS`,
    'a wildcard in a role ARN',
    trust({ AWS: `arn:aws:iam::${HOME}:role/app-*` }),
  ],
  [
    'TP009',
    'fail',
    `${at}/Principal/AWS`,
    'all sessions of a role',
    trust({ AWS: `arn:aws:sts::${HOME}:assumed-role/node/*` }),
  ],
  ['TP010', 'fail', `${at}/Principal/AWS`, 'a unique id', trust({ AWS: 'AROAEXAMPLEEXAMPLE123' })],
  ['TP012', 'fail', `${at}/Principal/AWS`, 'a group', trust({ AWS: `arn:aws:iam::${HOME}:group/ops` })],
  [
    'TP013',
    'fail',
    `${at}/Principal/AWS`,
    'an instance profile',
    trust({ AWS: `arn:aws:iam::${HOME}:instance-profile/node` }),
  ],
  [
    'TP014',
    'fail',
    `${at}/Principal/AWS/1`,
    'two partitions',
    trust({ AWS: [NODE, `arn:aws-cn:iam::${HOME}:role/node`] }),
  ],
  [
    'TP014',
    'fail',
    `${at}/Principal/AWS`,
    'another partition than the node',
    trust({ AWS: `arn:aws-us-gov:iam::${HOME}:role/node` }),
    { nodeIdentities: [NODE] },
  ],
  [
    'TP015',
    'fail',
    `${at}/Principal/AWS`,
    'eleven digits',
    trust({ AWS: 'arn:aws:iam::21098765432:role/node' }),
  ],
  [
    'TP015',
    'fail',
    `${at}/Principal/AWS`,
    'a placeholder',
    trust({ AWS: 'arn:aws:iam::<ACCOUNT_ID>:role/node' }),
  ],
  [
    'TP015',
    'fail',
    `${at}/Principal/AWS`,
    'a template variable',
    trust({ AWS: 'arn:aws:iam::${AWS::AccountId}:role/node' }),
  ],
  ['TP015', 'fail', `${at}/Principal/AWS`, 'a bare account id of 13 digits', trust({ AWS: '2109876543210' })],
  [
    'TP015',
    'warn',
    `${at}/Principal/AWS`,
    "the documentation's account",
    trust({ AWS: 'arn:aws:iam::123456789012:role/node' }),
  ],
  [
    'TP017',
    'warn',
    `${at}/Principal/AWS`,
    'one session',
    trust({ AWS: `arn:aws:sts::${HOME}:assumed-role/node/i-0abc` }),
  ],
  ['TP018', 'fail', `${at}/Principal/AWS`, 'another role', trust({ AWS: `${NODE}s` }), nodes],
  [
    'TP018',
    'fail',
    `${at}/Principal/AWS`,
    'another account',
    trust({ AWS: `arn:aws:iam::${AWAY}:role/node` }),
    nodes,
  ],
  [
    'TP018',
    'fail',
    `${at}/Principal/AWS`,
    'another path',
    trust({ AWS: `arn:aws:iam::${HOME}:role/kops/node` }),
    nodes,
  ],
  [
    'TP018',
    'unknown',
    '',
    'a path that a session cannot tell',
    trust({ AWS: `arn:aws:iam::${HOME}:role/kops/node` }),
    { nodeIdentities: [`arn:aws:sts::${HOME}:assumed-role/node/i-0abc`] },
  ],
  ['TP019', 'warn', at, 'the whole account', trust({ AWS: ROOT }), nodes],
  ['TP020', 'warn', at, 'another account', trust({ AWS: NODE }), { ...nodes, account: AWAY, role: null }],
  [
    'TP021',
    'fail',
    '/Statement/1',
    'a Deny',
    document(
      { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
    ),
    nodes,
  ],
  [
    'TP022',
    'fail',
    `${at}/Action`,
    "a role with a token's action",
    trust({ AWS: NODE }, { Action: 'sts:AssumeRoleWithWebIdentity' }),
  ],
  [
    'TP022',
    'fail',
    `${at}/Action`,
    'a role that may only tag',
    trust({ AWS: NODE }, { Action: 'sts:TagSession' }),
  ],
  [
    'TP022',
    'warn',
    `${at}/Action/1`,
    'an action that is idle',
    trust({ AWS: NODE }, { Action: ['sts:AssumeRole', 'sts:AssumeRoleWithSAML'] }),
  ],
  [
    'TP023',
    'fail',
    `${at}/Action`,
    'a provider with AssumeRole',
    irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }, { Action: 'sts:AssumeRole' }),
  ],
  [
    'TP023',
    'fail',
    `${at}/Action`,
    'an OIDC provider with WithSAML',
    irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }, { Action: 'sts:AssumeRoleWithSAML' }),
  ],
  [
    'TP024',
    'fail',
    `${at}/Action`,
    "another service's action",
    trust({ AWS: NODE }, { Action: 's3:GetObject' }),
  ],
  ['TP024', 'fail', `${at}/Action`, 'a misspelt action', trust({ AWS: NODE }, { Action: 'sts:AssumRole' })],
  ['TP024', 'fail', `${at}/Action`, 'a star', trust({ AWS: NODE }, { Action: '*' })],
  ['TP024', 'fail', at, 'no action', document({ Effect: 'Allow', Principal: { AWS: NODE } })],
  ['TP024', 'warn', `${at}/Action`, 'all of sts', trust({ AWS: NODE }, { Action: 'sts:*' })],
  [
    'TP025',
    'fail',
    `${at}/Condition/StringEqualz`,
    'an unknown operator',
    trust({ AWS: NODE }, { Condition: { StringEqualz: { 'sts:ExternalId': 'blue' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/NullIfExists`,
    'Null with IfExists',
    trust({ AWS: NODE }, { Condition: { NullIfExists: { 'sts:ExternalId': 'true' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/StringEquals/ExternalId`,
    'a key without prefix',
    trust({ AWS: NODE }, { Condition: { StringEquals: { ExternalId: 'blue' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalIds`,
    'a misspelt key',
    trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalIds': 'blue' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/IpAddress/aws:SourceIp`,
    'an address that is none',
    trust({ AWS: NODE }, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/Bool/aws:MultiFactorAuthPresent`,
    'a boolean that is none',
    trust({ AWS: NODE }, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'yes' } } }),
  ],
  [
    'TP025',
    'fail',
    `${at}/Condition/StringEquals`,
    'values without keys',
    trust({ AWS: NODE }, { Condition: { StringEquals: 'blue' } }),
  ],
  [
    'TP026',
    'fail',
    `${at}/Condition/StringEquals/${ISSUER}:sub`,
    'a star under StringEquals',
    irsa({ StringEquals: { ...AUDIENCE, [`${ISSUER}:sub`]: 'system:serviceaccount:shop:*' } }),
  ],
  ['TP027', 'fail', `${at}/Principal/Federated`, 'no subject', irsa({ StringEquals: AUDIENCE })],
  ['TP028', 'warn', `${at}/Principal/Federated`, 'no audience', irsa({ StringEquals: SUBJECT })],
  [
    'TP029',
    'fail',
    `${at}/Condition/StringEquals/${ISSUER}:sub`,
    'a subject in short',
    irsa({ StringEquals: { ...AUDIENCE, [`${ISSUER}:sub`]: 'shop:web' } }),
  ],
  [
    'TP029',
    'fail',
    `${at}/Condition/StringEquals/${ISSUER}:sub`,
    'a subject with a slash',
    irsa({ StringEquals: { ...AUDIENCE, [`${ISSUER}:sub`]: 'system:serviceaccount:shop/web' } }),
  ],
  [
    'TP029',
    'fail',
    `${at}/Condition/StringEquals/${ISSUER}:sub`,
    'a plural',
    irsa({ StringEquals: { ...AUDIENCE, [`${ISSUER}:sub`]: 'system:serviceaccounts:shop:web' } }),
  ],
  [
    'TP030',
    'fail',
    `${at}/Condition/StringEquals/oidc.eks.eu-west-1.amazonaws.com~1id~1OTHER:sub`,
    'a key of another cluster',
    irsa({
      StringEquals: {
        ...AUDIENCE,
        'oidc.eks.eu-west-1.amazonaws.com/id/OTHER:sub': 'system:serviceaccount:shop:web',
      },
    }),
  ],
  [
    'TP030',
    'fail',
    `${at}/Condition/StringEquals/https:~1~1${ISSUER.replaceAll('/', '~1')}:sub`,
    'a key with https',
    irsa({ StringEquals: { ...AUDIENCE, [`https://${ISSUER}:sub`]: 'system:serviceaccount:shop:web' } }),
  ],
  [
    'TP032',
    'fail',
    `${at}/Condition/StringLike/${ISSUER}:sub`,
    'all namespaces',
    irsa({ StringEquals: AUDIENCE, StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:*:web' } }),
  ],
  [
    'TP032',
    'fail',
    `${at}/Condition/StringLike/${ISSUER}:sub`,
    'namespaces of a prefix',
    irsa({ StringEquals: AUDIENCE, StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-*:web' } }),
  ],
  ['TP033', 'fail', `${at}/Action`, 'Pod Identity that may not tag', pods({ Action: 'sts:AssumeRole' })],
  ['TP034', 'fail', `${at}/Principal/Service`, 'Pod Identity of all clusters', pods({ Condition: {} })],
  ['TP035', 'fail', `${at}/Principal/Service`, 'ec2.amazon.com', trust({ Service: 'ec2.amazon.com' })],
  [
    'TP035',
    'fail',
    `${at}/Principal/Service`,
    'a misspelt service',
    trust({ Service: 'lamda.amazonaws.com' }),
  ],
  [
    'TP036',
    'warn',
    `${at}/Principal/Service`,
    "an app's role for instances",
    trust({ AWS: NODE, Service: 'ec2.amazonaws.com' }),
  ],
  [
    'TP037',
    'warn',
    `${at}/Principal/AWS/1`,
    'a role that trusts itself',
    trust({ AWS: [NODE, APP.arn] }),
    { role: APP },
  ],
  [
    'TP041',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalId`,
    'a short external id',
    trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalId': 'x' } } }),
  ],
  [
    'TP041',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalId`,
    'an external id with a blank',
    trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue team' } } }),
  ],
  [
    'TP042',
    'warn',
    `${at}/Condition/Bool/aws:MultiFactorAuthPresent`,
    'MFA',
    trust({ AWS: NODE }, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
  ],
  [
    'TP042',
    'warn',
    `${at}/Condition/IpAddress/aws:SourceIp`,
    'an address',
    trust({ AWS: NODE }, { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
  ],
  [
    'TP044',
    'fail',
    `${at}/Condition/StringEquals/aws:RequestTag~1team`,
    'tags',
    trust(
      { AWS: NODE },
      {
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: { StringEquals: { 'aws:RequestTag/team': 'blue' } },
      },
    ),
    nodes,
  ],
  [
    'TP045',
    'fail',
    '',
    'above the quota',
    trust({ AWS: Array.from({ length: 60 }, (_, i) => `arn:aws:iam::${HOME}:role/node-${i}`) }),
  ],
  [
    'TP045',
    'warn',
    '',
    'near the quota',
    trust({ AWS: Array.from({ length: 48 }, (_, i) => `arn:aws:iam::${HOME}:role/n${i}`) }),
  ],
  ['TP046', 'fail', `${at}/Sid`, 'a Sid with a blank', trust({ AWS: NODE }, { Sid: 'my sid' })],
  [
    'TP046',
    'fail',
    '/Statement/1/Sid',
    'a Sid that stands twice',
    document(
      ...[NODE, ROOT].map((AWS) => ({
        Sid: 'A',
        Effect: 'Allow',
        Principal: { AWS },
        Action: 'sts:AssumeRole',
      })),
    ),
  ],
  [
    'TP047',
    'warn',
    '/Statement/1',
    'a statement that stands twice',
    document(
      ...['A', 'B'].map((Sid) => ({
        Sid,
        Effect: 'Allow',
        Principal: { AWS: NODE },
        Action: 'sts:AssumeRole',
      })),
    ),
  ],
  [
    'TP047',
    'warn',
    at,
    'an Allow that is denied as a whole',
    document(
      { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: NODE }, Action: 'sts:*' },
    ),
  ],
  [
    'TP048',
    'fail',
    `${at}/Condition/ForAllValues:StringEquals/aws:PrincipalOrgID`,
    'ForAllValues for everyone',
    trust(
      { AWS: '*' },
      { Condition: { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-abcdefghij' } } },
    ),
  ],
  [
    'TP048',
    'fail',
    `${at}/Condition/ForAllValues:StringEquals/${ISSUER}:sub`,
    'ForAllValues on the subject',
    irsa({ StringEquals: AUDIENCE, 'ForAllValues:StringEquals': SUBJECT }),
  ],
  [
    'TP049',
    'fail',
    `${at}/Condition/StringEqualsIfExists/sts:ExternalId`,
    'IfExists for an account',
    trust({ AWS: AWAY }, { Condition: { StringEqualsIfExists: { 'sts:ExternalId': 'blue' } } }),
  ],
  [
    'TP049',
    'fail',
    `${at}/Condition/StringNotEquals/aws:PrincipalAccount`,
    'a negation for everyone',
    trust({ AWS: '*' }, { Condition: { StringNotEquals: { 'aws:PrincipalAccount': AWAY } } }),
  ],
  ...live,
  [
    'TP050',
    'warn',
    at,
    'two clusters in one statement',
    irsa(
      { StringEquals: { ...SUBJECT, ...AUDIENCE } },
      { Principal: { Federated: [PROVIDER, `${PROVIDER}2`] } },
    ),
  ],
];

describe('trust-policy check', () => {
  for (const [code, status, pointer, name, text, options] of cases) {
    it(`reports ${name} as ${code}`, () => {
      const found = broken(text, options ?? {});
      const hit = found.find(
        (result) =>
          result.code === code && result.status === status && samePointer(result.subject.pointer, pointer),
      );
      assert.ok(
        hit,
        `found instead: ${found.map((result) => `${result.code} ${result.status} ${result.subject.pointer}`).join('; ')}`,
      );
      assert.ok((hit.subject.line ?? 0) >= 1);
      assert.notEqual(hit.observed, '');
      assert.notEqual(hit.fix?.text ?? '', '');
    });
  }

  it('says each in these words', () => {
    const lines = cases.map(([code, status, , name, text, options]) => {
      const hit = broken(text, options ?? {}).find(
        (result) => result.code === code && result.status === status,
      )!;
      return `${code} ${name}\n  ${hit.observed}\n  fix: ${hit.fix?.text}\n`;
    });
    assertGolden('trust-policy/messages.txt', lines.join(''));
  });

  it('has a case for every rule', () => {
    const tested = new Set(cases.map(([code]) => code));
    assert.deepEqual(
      RULES.map(({ code }) => code).filter((code) => !tested.has(code)),
      [],
    );
  });

  it('lists each code once', () => {
    assert.equal(new Set(TP_CODES.map(({ code }) => code)).size, TP_CODES.length);
  });
});

/** Keys in the table may hold plain slashes. */
const samePointer = (found: string | null, wanted: string): boolean =>
  found === wanted || found?.replaceAll('~1', '/') === wanted.replaceAll('~1', '/');

const github = `arn:aws:iam::${HOME}:oidc-provider/token.actions.githubusercontent.com`;
const correct: Record<string, string> = {
  'the nodes by name': trust({ AWS: NODE }),
  'the nodes of several groups': trust(
    { AWS: [NODE, `arn:aws:iam::${HOME}:role/kops/masters.example`] },
    { Sid: 'Nodes' },
  ),
  'one statement that is no list': JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: NODE }, Action: ['sts:AssumeRole'] },
  }),
  'an id on the document': JSON.stringify({
    Version: '2012-10-17',
    Id: 'my policy',
    Statement: [{ Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' }],
  }),
  'an action in another case': trust({ AWS: NODE }, { Action: 'STS:assumerole' }),
  'a role for instances': trust({ Service: 'ec2.amazonaws.com' }),
  'a role for instances in China': trust({ Service: 'ec2.amazonaws.com.cn' }),
  'a role for the control plane': trust({ Service: 'eks.amazonaws.com' }),
  'services of a region': trust({
    Service: [
      'states.eu-west-1.amazonaws.com',
      'logs.us-gov-west-1.amazonaws.com',
      'edgelambda.amazonaws.com',
    ],
  }),
  'a service that is not in our list': trust({ Service: 'brandnewthing.amazonaws.com' }),
  'the account with an external id, as third parties do': trust(
    { AWS: `arn:aws:iam::${AWAY}:root` },
    { Condition: { StringEquals: { 'sts:ExternalId': 'blue-1234' } } },
  ),
  'the account narrowed by role names': trust(
    { AWS: ROOT },
    { Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/node-*` } } },
  ),
  'everyone of the organisation': trust({ AWS: '*' }, { Condition: org }),
  'everyone, and a Deny for strangers': document(
    { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRole',
      Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } },
    },
  ),
  'a service account': irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }),
  'all service accounts of a namespace': irsa({
    StringEquals: AUDIENCE,
    StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:*' },
  }),
  'several service accounts': irsa({
    StringEquals: {
      ...AUDIENCE,
      [`${ISSUER}:sub`]: ['system:serviceaccount:shop:web', 'system:serviceaccount:shop:api'],
    },
  }),
  'a service account of kOps': trust(
    { Federated: `arn:aws:iam::${HOME}:oidc-provider/my-bucket.s3.eu-west-1.amazonaws.com/cluster.example` },
    {
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'my-bucket.s3.eu-west-1.amazonaws.com/cluster.example:sub': 'system:serviceaccount:shop:web',
          'my-bucket.s3.eu-west-1.amazonaws.com/cluster.example:aud': 'sts.amazonaws.com',
        },
      },
    },
  ),
  'GitHub Actions': trust(
    { Federated: github },
    {
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
        StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:acme/shop:*' },
      },
    },
  ),
  'a SAML provider': trust(
    { Federated: `arn:aws:iam::${HOME}:saml-provider/okta` },
    {
      Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
      Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
    },
  ),
  Cognito: trust(
    { Federated: 'cognito-identity.amazonaws.com' },
    {
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'cognito-identity.amazonaws.com:aud': 'eu-west-1:12345678-abcd-abcd-abcd-1234567890ab',
        },
        'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
      },
    },
  ),
  'EKS Pod Identity for one account': pods(),
  'EKS Pod Identity for one namespace': pods({
    Condition: { StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'shop' } },
  }),
  'EKS Pod Identity for one cluster': pods({
    Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:eks:eu-west-1:${HOME}:cluster/prod` } },
  }),
  'tags in a statement of their own': document(
    { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
    { Effect: 'Allow', Principal: { AWS: NODE }, Action: ['sts:TagSession', 'sts:SetSourceIdentity'] },
  ),
  'a Deny by address': document(
    { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sts:*',
      Condition: { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } },
    },
  ),
  'policy variables': trust(
    { AWS: ROOT },
    { Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}*' } } },
  ),
  'numbers and booleans in conditions': trust(
    { AWS: NODE },
    {
      Condition: {
        NumericLessThan: { 'sts:DurationSeconds': 3600 },
        Bool: { 'aws:SecureTransport': true },
        Null: { 'aws:TokenIssueTime': 'false' },
      },
    },
  ),
  'IAM Roles Anywhere': trust(
    { Service: 'rolesanywhere.amazonaws.com' },
    {
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:rolesanywhere:eu-west-1:${HOME}:trust-anchor/1` } },
    },
  ),
  China: trust({ AWS: `arn:aws-cn:iam::${HOME}:role/node` }),
};

it('takes no long time over a hostile document', () => {
  const hostile = (value: string): string =>
    irsa({ StringLike: { [`${ISSUER}:sub`]: value, 'sts:ExternalId': value } });
  const startMs = performance.now();
  for (const part of ['${', '${ ', '*a', 'a:', "${a,'"]) check(hostile(part.repeat(20_000)), nodes);
  check(
    document(
      ...Array.from({ length: 800 }, (_, i) => ({
        Effect: 'Allow',
        Principal: { AWS: `${NODE}${i}` },
        Action: 'sts:AssumeRole',
      })),
    ),
    nodes,
  );
  assert.ok(performance.now() - startMs < 5000);
});

describe('a correct document', () => {
  for (const [name, text] of Object.entries(correct)) {
    it(`breaks no rule: ${name}`, () => {
      const found = broken(text).filter(({ code }) => code !== 'TP042');
      assert.deepEqual(
        found.map(({ code, observed }) => `${code} ${observed}`),
        [],
      );
    });
  }

  it('passes every rule that applies, and says so', () => {
    const results = check(trust({ AWS: NODE }), { ...nodes, role: APP });
    assert.ok(results.every(({ status }) => status === 'pass'));
    assert.equal(
      results.find(({ code }) => code === 'TP018')?.evidence[0]?.value,
      `statement 0 allows it: it names the caller's role ${NODE} and grants sts:AssumeRole`,
    );
  });
});

// Documents put together at random of good and bad parts: the check and the parser, which stands before the
// evaluator and the emulated IAM, must be of one mind about which of them IAM would save.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import fc from '../helpers/property.ts';
import { broken, ISSUER, NODE, PROVIDER } from './helpers.ts';

const COUNT = 3000;
const RANGE = 2 ** 30;

/** Without the library's liking for the ends of a range, which would make every choice the first. */
const uniform = () => fc.noBias(fc.nat(RANGE - 1));

it('what the check has no error against parses, and what does not parse has an error', () => {
  const seen = { saved: 0, refused: 0 };
  const property = fc.property(fc.gen(), (generate) => {
    const text = randomDocument(() => generate(uniform) / RANGE);
    const parsed = parsePolicy(text);
    const errors = broken(text).filter(({ severity, status }) => severity === 'error' && status === 'fail');
    const said = errors.map(({ code, observed }) => `${code} ${observed}`).join('; ');
    seen[parsed.ok ? 'saved' : 'refused']++;
    if (parsed.ok) return;
    assert.ok(errors.length > 0, `refused without an error: ${text}`);
    for (const { subject, fix } of errors) {
      assert.ok((subject.line ?? 0) >= 1 && (subject.column ?? 0) >= 1, said);
      assert.notEqual(fix?.text ?? '', '', said);
    }
  });
  fc.assert(property, { seed: 20260131, numRuns: COUNT });
  // Neither side may be an accident.
  assert.ok(seen.saved > COUNT / 20 && seen.refused > COUNT / 4, JSON.stringify(seen));
});

/** From 0 to below 1. */
type Random = () => number;

const ODD: readonly unknown[] = [
  null,
  0,
  true,
  '',
  [],
  {},
  [[]],
  '*',
  ['*'],
  [''],
  { a: 'b' },
  '\u00e4',
  '\u4e2d',
];

function randomDocument(random: Random): string {
  const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  // The lists begin with what is right.
  const likely = <T>(values: readonly T[]): T => values[Math.floor(random() ** 2 * values.length)]!;
  const chance = (share: number): boolean => random() < share;
  const oddly = (value: unknown): unknown => (chance(0.02) ? one(ODD) : value);
  const texts = (values: readonly string[]): unknown =>
    chance(0.7)
      ? likely(values)
      : Array.from({ length: Math.floor(random() * 3) }, () => oddly(likely(values)));

  const principal = (): unknown => {
    if (chance(0.04)) return one(['*', NODE, ...ODD]);
    const types = chance(0.85)
      ? [one(['AWS', 'Service', 'Federated'])]
      : ['AWS', one(['Service', 'aws', 'CanonicalUser'])];
    return Object.fromEntries(
      types.map((type) => [type, texts(chance(0.9) ? (NAMES[type] ?? AWS) : one(Object.values(NAMES)))]),
    );
  };
  const condition = (): unknown =>
    Object.fromEntries(
      Array.from({ length: 1 + Math.floor(random() * 2) }, () => [
        likely(OPERATORS),
        oddly({ [likely(KEYS)]: oddly(texts(VALUES)) }),
      ]),
    );
  const statement = (): unknown => {
    const entries: [string, unknown][] = [['Effect', oddly(one(['Allow', 'Allow', 'Allow', 'Deny']))]];
    if (chance(0.2)) entries.push(['Sid', one(['Nodes', 'Nodes', 'b', '', 'a-b', 1])]);
    if (chance(0.98)) entries.push([chance(0.98) ? 'Principal' : 'NotPrincipal', principal()]);
    if (chance(0.98)) entries.push([chance(0.97) ? 'Action' : 'NotAction', oddly(texts(ACTIONS))]);
    if (chance(0.5)) entries.push(['Condition', oddly(condition())]);
    if (chance(0.03))
      entries.push([one(['Resource', 'NotResource', 'Conditions', 'principal', 'Sid']), one(ODD)]);
    return oddly(Object.fromEntries(entries));
  };
  const statements = Array.from({ length: 1 + Math.floor(random() * 2) }, statement);
  const document = Object.fromEntries([
    ...(chance(0.9)
      ? [['Version', oddly(one(['2012-10-17', '2012-10-17', '2008-10-17', '2012-10-18']))]]
      : []),
    ...(chance(0.05) ? [['Id', oddly('trust')]] : []),
    ...(chance(0.99) ? [['Statement', oddly(chance(0.1) ? statements[0] : statements)]] : []),
    ...(chance(0.01) ? [['Statements', []]] : []),
  ]);
  const text = JSON.stringify(document, null, chance(0.5) ? 2 : undefined);
  return chance(0.03) ? damaged(text, random) : text;
}

/** A text with a character more, less or other. */
function damaged(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const character = '{}[]",:\\/*\u0000\ufeff x1'[Math.floor(random() * 17)] ?? '';
  return text.slice(0, at) + character + text.slice(at + Math.floor(random() * 2));
}

const AWS = [
  NODE,
  '*',
  '210987654321',
  'arn:aws:iam::210987654321:root',
  'arn:aws:iam::210987654321:user/a/b',
  'arn:aws:sts::210987654321:assumed-role/node/i-1',
  'arn:aws:sts::210987654321:federated-user/bob',
  'arn:aws:iam::210987654321:role/*',
  'arn:aws:iam::210987654321:role/',
  'arn:aws:iam::21098765432:root',
  'arn:aws:iam::210987654321:group/g',
  'arn:aws:iam::210987654321:instance-profile/p',
  'arn:aws:s3:::b',
  'AROAEXAMPLEEXAMPLEEXA',
  'node',
  '210987654321 ',
  '<ACCOUNT>',
];
const NAMES: Record<string, readonly string[]> = {
  AWS,
  Service: [
    'ec2.amazonaws.com',
    'pods.eks.amazonaws.com',
    'ce2.amazonaws.com',
    'ec2',
    'lambda.amazonaws.com ',
    '*',
  ],
  Federated: [
    PROVIDER,
    PROVIDER,
    'cognito-identity.amazonaws.com',
    'arn:aws:iam::210987654321:saml-provider/okta',
    ISSUER,
    'arn:aws:iam::210987654321:oidc-provider/https://x.y',
    '*',
  ],
};
const ACTIONS = [
  'sts:AssumeRole',
  'sts:AssumeRole',
  'STS:assumerole',
  'sts:AssumeRoleWithWebIdentity',
  'sts:AssumeRoleWithSAML',
  'sts:TagSession',
  'sts:SetSourceIdentity',
  'sts:SetContext',
  'sts:Assume*',
  'sts:?agSession',
  'sts:*',
  '*',
  '**',
  '?',
  's*',
  'sts:GetCallerIdentity',
  's3:*',
  'AssumeRole',
  'sts:AssumeRole ',
];
const OPERATORS = [
  'StringEquals',
  'StringLike',
  'StringNotEquals',
  'ForAnyValue:StringLike',
  'ForAllValues:StringEquals',
  'StringEqualsIfExists',
  'ArnLike',
  'Bool',
  'IpAddress',
  'DateLessThan',
  'NumericLessThan',
  'Null',
  'BinaryEquals',
  'NullIfExists',
  'stringequals',
  'StringEqualz',
  'ForAnyValue:',
  'ForAnyValue:ForAnyValue:StringLike',
];
const KEYS = [
  'sts:ExternalId',
  'aws:PrincipalOrgID',
  'AWS:principalorgid',
  'aws:PrincipalTag/team',
  'aws:PrincipalTag',
  'aws:SourceIp',
  'aws:CurrentTime',
  `${ISSUER}:sub`,
  `${ISSUER}:aud`,
  'SAML:aud',
  'ExternalId',
  ':x',
  'x:',
  '',
  'aws:Nonsense',
];
const VALUES = [
  'x1',
  'true',
  '10.0.0.0/8',
  '*',
  '2026-01-31T00:00:00Z',
  '5',
  'sts.amazonaws.com',
  'system:serviceaccount:shop:web',
  '${aws:username}',
  '${',
  'o-*',
  '',
];

// Rules on Condition blocks: lines that can never hold, or that hold when they should not.
import { parseRange } from '../../model/evaluate/ip.ts';
import { isBase64, parseDate, parseNumber } from '../../model/evaluate/value.ts';
import { withoutVariables } from '../../model/evaluate/variables.ts';
import { editDistance, nearestName } from '../../model/nearest.ts';
import { OPERATORS, type OperatorFamily } from '../../model/policy/operators.ts';
import { templatePart } from '../../model/policy/placeholder.ts';
import { hasWildcard } from '../../model/policy/wildcard.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import { AWS_KEYS, STS_KEYS, TAG_KEYS } from '../condition-keys.ts';
import { moveCondition, renameKey } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { conditionsOn, hasKind, isGuard } from './shared.ts';

const lines = (policy: Policy): { statement: Statement; condition: Condition }[] =>
  policy.statements.flatMap((statement) =>
    statement.conditions.map((condition) => ({ statement, condition })),
  );

const wellFormed: Rule = {
  code: 'TP025',
  title: 'condition operators, keys and values are well-formed',
  severity: 'error',
  why: 'IAM refuses an operator that it does not know; a key or value that it cannot read makes the condition never hold',
  fix: 'correct the condition',
  find: ({ policy }) =>
    lines(policy).flatMap(({ condition }) => [
      ...keyFaults(condition),
      ...valueFaults(condition),
      ...variableFaults(policy, condition),
    ]),
};

function keyFaults(condition: Condition): Violation[] {
  const { key } = condition;
  const [prefix = ''] = key.split(':');
  if (!/^(?:aws|sts)$/i.test(prefix)) return [];
  const tag = TAG_KEYS.find((known) => key.toLowerCase().startsWith(known.toLowerCase()));
  if (tag) {
    if (/^\/.+/.test(key.slice(tag.length))) return [];
    return [{ at: condition, observed: `the key ${key} names no tag`, fix: { text: `write ${tag}/NAME` } }];
  }
  const known = /^aws$/i.test(prefix) ? AWS_KEYS : STS_KEYS;
  if (known.some((candidate) => isKey(key, candidate))) return [];
  const near = nearestName(key, [...AWS_KEYS, ...STS_KEYS]);
  if (near !== null && editDistance(key.toLowerCase(), near.toLowerCase()) <= 2)
    return [
      {
        at: condition,
        observed: `there is no condition key ${key}`,
        fix: { text: `write ${near}`, correct: renameKey(condition.pointer, near) },
      },
    ];
  return [
    {
      at: condition,
      status: 'warn',
      severity: 'warning',
      observed: `the condition key ${key} is none that is known here`,
    },
  ];
}

const isKey = (key: string, known: string): boolean =>
  key.toLowerCase() === known.toLowerCase() || key.toLowerCase().startsWith(`${known.toLowerCase()}/`);

const readers: Record<OperatorFamily, { is(text: string): boolean; form: string } | null> = {
  string: null,
  numeric: { is: (text) => parseNumber(text) !== null, form: 'a number' },
  date: { is: (text) => parseDate(text) !== null, form: 'a date such as 2026-01-31T00:00:00Z' },
  bool: { is: (text) => /^(?:true|false)$/i.test(text), form: 'true or false' },
  null: { is: (text) => /^(?:true|false)$/i.test(text), form: 'true or false' },
  binary: { is: isBase64, form: 'base64' },
  ip: { is: (text) => parseRange(text) !== null, form: 'an address or a range such as 10.0.0.0/8' },
  arn: { is: (text) => text === '*' || text.split(':').length >= 6, form: 'an ARN of six parts' },
};

function valueFaults({ operator, operatorText, values, key, ...at }: Condition): Violation[] {
  if (values.length === 0)
    return [
      {
        at,
        status: 'warn',
        severity: 'warning',
        observed: `${operatorText} on ${key} has no value, and never holds`,
      },
    ];
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
  if (operator.name === 'Bool' && values.length > 1)
    return [{ at, observed: `${operatorText} takes one value, and ${key} has ${values.length}` }];
  const reader = readers[OPERATORS[operator.name]!];
  if (!reader)
    return [
      ...rangesAsText({ operator, operatorText, values, key, ...at }),
      ...organisations({ operator, operatorText, values, key, ...at }),
    ];
  return values
    .filter(({ text }) => !text.includes('${') && !reader.is(text))
    .map((value) => ({
      at: value,
      observed: `${operatorText} takes ${reader.form}, and "${value.text}" is none`,
    }));
}

// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
function organisations({ operatorText, values, key }: Condition): Violation[] {
  if (!/^aws:(?:principal|source|resource|vpce)orgid$/i.test(key)) return [];
  return values
    .filter(({ text }) => !hasWildcard(text) && templatePart(text) === null && !text.includes('${'))
    .filter(({ text }) => !/^o-[a-z0-9]{10,32}$/.test(text))
    .map((value) => ({
      at: value,
      observed: `${operatorText} on ${key} takes the id of an organisation, such as o-a1b2c3d4e5, and "${value.text}" is none`,
      fix: { text: 'aws organizations describe-organization --query Organization.Id' },
    }));
}

/** A range of addresses under StringEquals, which no address equals. */
function rangesAsText(condition: Condition): Violation[] {
  const { operator, operatorText, values, key } = condition;
  if (!/^aws:(?:vpc)?sourceip$/i.test(key) || !/^String(?:Not)?Equals/.test(operator.name)) return [];
  const better = `${/Not/.test(operator.name) ? 'Not' : ''}IpAddress${operator.ifExists ? 'IfExists' : ''}`;
  return values
    .filter(({ text }) => text.includes('/') && parseRange(text) !== null)
    .map((value) => ({
      at: value,
      observed: `${operatorText} compares letter by letter, and no address reads "${value.text}"`,
      fix: { text: `use ${better}`, correct: moveCondition(condition.pointer, better) },
    }));
}

function variableFaults(policy: Policy, { values }: Condition): Violation[] {
  if (policy.version?.text !== '2012-10-17') return [];
  return values
    .filter(({ text }) => withoutVariables(text).includes('${') || text.includes('${}'))
    .map((value) => ({
      at: value,
      observed: `the policy variable in "${value.text}" is not closed or empty`,
    }));
}

const literalStars: Rule = {
  code: 'TP026',
  title: 'no * or ? under StringEquals',
  severity: 'error',
  why: 'StringEquals compares letter by letter: a star is a star there, and matches nothing else',
  fix: 'use StringLike',
  find: ({ policy }) =>
    lines(policy)
      .filter(({ condition }) => /^String(?:Not)?Equals(?:IgnoreCase)?$/.test(condition.operator.name))
      .flatMap(({ condition }) =>
        condition.values
          .filter(({ text }) => hasWildcard(text))
          .map((value) => ({
            at: value,
            observed: `"${value.text}" stands under ${condition.operatorText}, where ${value.text.includes('*') ? '*' : '?'} is no wildcard`,
            fix: {
              text: `use ${asLike(condition)}`,
              correct: moveCondition(condition.pointer, asLike(condition)),
            },
          })),
      ),
};

const asLike = ({ operatorText }: Condition): string => operatorText.replace(/Equals(?:IgnoreCase)?/, 'Like');

const externalIds: Rule = {
  code: 'TP041',
  title: 'external ids are well-formed',
  severity: 'error',
  why: 'STS answers ValidationError to any other, so that nobody can ever send it',
  fix: 'use 2 to 1224 letters, digits and +=,.@:/_-',
  find: ({ policy }) =>
    policy.statements
      .flatMap((statement) => conditionsOn(statement, (key) => key === 'sts:externalid'))
      .filter(({ operator }) => OPERATORS[operator.name] === 'string')
      .flatMap(({ operator, values }) =>
        values.filter(
          ({ text }) => !isExternalId(operator.name.endsWith('Like') ? text.replace(/[*?]/g, 'xx') : text),
        ),
      )
      // A star under StringEquals is told by its own rule.
      .filter(({ text }) => !text.includes('${') && !hasWildcard(text))
      .map((value) => ({ at: value, observed: `"${value.text}" cannot be an external id` })),
};

const isExternalId = (text: string): boolean => /^[\w+=,.@:/-]{2,1224}$/.test(text);

const OUT_OF_REACH: readonly { key: RegExp; reason: string }[] = [
  { key: /^aws:multifactorauth(?:present|age)$/, reason: 'a node never signs in with MFA' },
  {
    key: /^aws:(?:sourceip|vpcsourceip)$/,
    reason: 'it holds only from these addresses: of the node, or of its NAT gateway',
  },
  {
    key: /^aws:(?:sourcevpce?|sourcevpcarn|vpce(?:account|orgid|orgpaths))$/,
    reason: 'it holds only when STS is reached through a VPC endpoint',
  },
  { key: /^aws:principaltag\//, reason: "it holds only while the node's role carries this tag" },
  { key: /^aws:(?:useragent|referer)$/, reason: 'it depends on what a client writes into its headers' },
  { key: /^aws:(?:currenttime|epochtime|tokenissuetime)$/, reason: 'it holds at certain times only' },
  {
    key: /^aws:(?:ec2instancesourcevpc|ec2instancesourceprivateipv4)$|^ec2:/,
    reason: "it holds only for the instance's own credentials",
  },
];

const PRIVATE =
  'STS sees public addresses alone, and through a VPC endpoint none (there aws:VpcSourceIp tells it), so that it never holds';

/** Whether all addresses of a line are of private networks. */
const isPrivate = ({ key, operator, values }: Condition): boolean =>
  /^aws:sourceip$/i.test(key) &&
  operator.name === 'IpAddress' &&
  values.length > 0 &&
  values.every(({ text }) =>
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/i.test(text),
  );

const reach: Rule = {
  code: 'TP042',
  title: 'a node can meet all conditions',
  severity: 'warning',
  why: 'what a document says cannot show whether the condition holds where the proxy runs',
  fix: 'make sure that it holds for every node, or remove it',
  find: ({ policy, options }) =>
    policy.statements
      .filter(({ effect, principals }) => effect === 'Allow' && principals.some(({ type }) => type === 'AWS'))
      .flatMap((statement) =>
        // Users can sign in with MFA; only where they are the nodes' own identity they do not.
        hasKind(statement, 'role', 'session', 'account', 'everyone') || options.nodeIdentities.length > 0
          ? statement.conditions
          : statement.conditions.filter(({ key }) => !/^aws:multifactorauth/i.test(key)),
      )
      .filter(
        (condition) =>
          isGuard(condition) &&
          !(condition.operator.name === 'Bool' && condition.values.some(({ text }) => /^false$/i.test(text))),
      )
      .flatMap((condition) => {
        const match = OUT_OF_REACH.find(({ key }) => key.test(condition.key.toLowerCase()));
        if (match === undefined) return [];
        const reason = isPrivate(condition) ? PRIVATE : match.reason;
        return [{ at: condition, observed: `${condition.operatorText} on ${condition.key}: ${reason}` }];
      }),
};

export const conditionRules: readonly Rule[] = [wellFormed, literalStars, externalIds, reach];

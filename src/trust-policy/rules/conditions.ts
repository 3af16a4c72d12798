// Rules on Condition blocks: lines that can never hold, or that hold when they should not.
import { parseRange } from '../../model/evaluate/ip.ts';
import { isBase64, parseDate, parseNumber } from '../../model/evaluate/value.ts';
import { withoutVariables } from '../../model/evaluate/variables.ts';
import { EXTERNAL_ID_FORM, isExternalId, isOrganisationId } from '../../model/identifiers.ts';
import { editDistance, nearestName } from '../../model/nearest.ts';
import { OPERATORS, type OperatorFamily } from '../../model/policy/operators.ts';
import { templatePart } from '../../model/policy/placeholder.ts';
import { hasWildcard } from '../../model/policy/wildcard.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import { AWS_KEYS, STS_KEYS, TAG_KEYS } from '../condition-keys.ts';
import { moveCondition, renameKey } from '../edit.ts';
import type { CheckOptions, Rule, Violation } from '../rule.ts';
import { conditionsOn } from './shared.ts';

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

function organisations({ operatorText, values, key }: Condition): Violation[] {
  if (!/^aws:(?:principal|source|resource|vpce)orgid$/i.test(key)) return [];
  return values
    .filter(({ text }) => !hasWildcard(text) && templatePart(text) === null && !text.includes('${'))
    .filter(({ text }) => !isOrganisationId(text))
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
  fix: `use ${EXTERNAL_ID_FORM}`,
  find: ({ policy, options }) => [...impossibleIds(policy), ...sentIds(options)],
};

const impossibleIds = (policy: Policy): Violation[] =>
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
    .map((value) => ({ at: value, observed: `"${value.text}" cannot be an external id` }));

/** What the pods send is not repeated: it may be a secret of theirs. */
const sentIds = ({ externalId }: CheckOptions): Violation[] =>
  typeof externalId === 'string' && !isExternalId(externalId)
    ? [
        {
          at: { pointer: '', line: 1, column: 1 },
          observed: 'the external id that the pods send cannot be one',
        },
      ]
    : [];

export const conditionRules: readonly Rule[] = [wellFormed, literalStars, externalIds];

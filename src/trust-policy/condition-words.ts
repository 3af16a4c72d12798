// Conditions in plain words, as clauses that follow "if".
import { isNegated } from '../model/policy/operators.ts';
import { hasWildcard } from '../model/policy/wildcard.ts';
import type { Condition } from '../model/policy.ts';
import { PARTS, subjectOf, TAG } from './key-words.ts';
import { subjectWords } from './subject-words.ts';

/**
 * What the conditions of a statement ask, one clause each: `the caller's address is in "192.0.2.0/24"`. A
 * Null line that demands a key goes without saying where another one tells what must be in it.
 */
export function conditionsWords(conditions: readonly Condition[]): string[] {
  const demanded = new Set(conditions.filter(demandsKey).map(({ key }) => key.toLowerCase()));
  const told = new Set(
    conditions.filter(({ operator }) => operator.name !== 'Null').map(({ key }) => key.toLowerCase()),
  );
  return conditions
    .filter((condition) => !demandsKey(condition) || !told.has(condition.key.toLowerCase()))
    .map((condition) => conditionWords(condition, demanded.has(condition.key.toLowerCase())));
}

/** Whether a line holds for any value, as long as there is one. */
export const demandsKey = ({ operator, values }: Condition): boolean =>
  operator.name === 'Null' && values.length > 0 && values.every(({ text }) => text.toLowerCase() === 'false');

function conditionWords(condition: Condition, isDemanded: boolean): string {
  const { key, operator, values } = condition;
  if (operator.name === 'Null')
    return givenWords(
      key,
      values.every(({ text }) => text.toLowerCase() !== 'true'),
    );
  const loophole = isDemanded
    ? ''
    : operator.ifExists
      ? ' (or the request does not tell)'
      : operator.set === 'ForAllValues'
        ? ' (or there is none)'
        : '';
  return (
    (ofMfa(condition) ??
      ofSwitch(condition) ??
      ofCognito(condition) ??
      ofSubject(condition) ??
      plain(condition)) + loophole
  );
}

/** Whether a key is there at all, whatever its value. */
function givenWords(key: string, isGiven: boolean): string {
  const folded = key.toLowerCase();
  if (folded === 'sts:externalid') return `${isGiven ? 'an' : 'no'} external id is sent along`;
  if (folded === 'sts:sourceidentity') return `${isGiven ? 'a' : 'no'} source identity is sent along`;
  const [, kind, tag] = TAG.exec(key) ?? [];
  if (kind !== undefined && /^principal/i.test(kind))
    return `the caller has ${isGiven ? 'the' : 'no'} tag ${tag}`;
  if (kind !== undefined) return `${isGiven ? 'the' : 'no'} tag ${tag} is sent along`;
  return `${subjectOf(key)} is ${isGiven ? '' : 'not '}given`;
}

/** The one value of a line, in small letters; null when there are several. */
const single = ({ values }: Condition): string | null =>
  values.length === 1 ? values[0]!.text.toLowerCase() : null;

function ofMfa(condition: Condition): string | null {
  const { key, operator } = condition;
  const value = single(condition);
  if (value === null) return null;
  if (/^aws:MultiFactorAuthPresent$/i.test(key) && operator.name === 'Bool')
    return `the caller signed in with${value === 'true' ? '' : 'out'} MFA`;
  if (/^aws:MultiFactorAuthAge$/i.test(key) && operator.name === 'NumericLessThan')
    return `the caller gave the MFA code less than ${value} seconds ago`;
  return null;
}

const SWITCHES: Readonly<Record<string, readonly [on: string, off: string]>> = {
  'aws:securetransport': ['the call is encrypted', 'the call is not encrypted'],
  'aws:viaawsservice': ['an AWS service calls for the caller', 'the caller calls by itself'],
  'aws:principalisawsservice': ['an AWS service calls by itself', 'the caller is no AWS service'],
};

function ofSwitch(condition: Condition): string | null {
  const words = SWITCHES[condition.key.toLowerCase()];
  const value = single(condition);
  if (words === undefined || condition.operator.name !== 'Bool' || value === null) return null;
  return value === 'true' ? words[0] : words[1];
}

// https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
function ofCognito(condition: Condition): string | null {
  if (!/^cognito-identity\.amazonaws\.com:amr$/i.test(condition.key) || isNegated(condition.operator))
    return null;
  const value = single(condition);
  if (value === 'authenticated') return 'the user has signed in';
  return value === 'unauthenticated' ? 'the user has not signed in' : null;
}

/** Whose token it is, told as what it means. */
function ofSubject({ key, operator, values }: Condition): string | null {
  if (!/\..*:sub$/i.test(key)) return null;
  const isPattern = operator.name.endsWith('Like');
  const wanted = values.map(({ text }) => subjectWords(text, isPattern)).join(' or ') || 'nobody';
  return `the token is ${isNegated(operator) ? 'not ' : ''}of ${wanted}`;
}

function plain(condition: Condition): string {
  const { key, operator, values } = condition;
  const texts = values.map(({ text }) => text);
  const isPattern = /Like|Arn/.test(operator.name);
  if (isPattern && !isNegated(operator) && texts.join() === '*') return givenWords(key, true);
  const subject =
    operator.set === 'ForAllValues'
      ? `each ${PARTS[key.toLowerCase()] ?? `value of ${subjectOf(key)}`}`
      : subjectOf(key);
  const wanted = texts.map((text) => `"${text}"`).join(' or ') || 'nothing';
  return `${subject} ${verb(condition, isPattern && texts.some(hasWildcard))} ${wanted}`;
}

function verb({ key, operator }: Condition, isPattern: boolean): string {
  const isTime = /Date/.test(operator.name) || /time$/i.test(key);
  const not = isNegated(operator);
  if (isPattern) return not ? 'does not match' : 'matches';
  const relations: readonly [RegExp, string][] = [
    [/LessThanEquals/, isTime ? 'not after' : 'at most'],
    [/GreaterThanEquals/, isTime ? 'not before' : 'at least'],
    [/LessThan/, isTime ? 'before' : 'below'],
    [/GreaterThan/, isTime ? 'after' : 'above'],
    [/IpAddress/, 'in'],
  ];
  const relation = relations.find(([name]) => name.test(operator.name))?.[1];
  return ['is', ...(not ? ['not'] : []), ...(relation ? [relation] : [])].join(' ');
}

// Decides one line of a Condition block: true, false, or unknown when the request's value is.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
import { isNegated, OPERATORS } from '../policy/operators.ts';
import type { Condition } from '../policy/types.ts';
import { wildcardMatches } from '../policy/wildcard.ts';
import { endingMatches } from './ending.ts';
import type { Facts, KeyFact } from './facts.ts';
import { allOf, anyOf, not, type Truth } from './truth.ts';
import { valueMatches } from './value.ts';
import { plainText, substitute } from './variables.ts';

export interface ConditionResult {
  truth: Truth;
  /** Why it does not hold, or cannot be decided; empty when it holds. */
  why: string;
  /** The keys whose values would decide it. */
  unknownKeys: string[];
}

/** @param hasVariables whether the document's version knows `${…}` */
export function evaluateCondition(
  condition: Condition,
  facts: Facts,
  hasVariables: boolean,
): ConditionResult {
  const fact = facts.lookup(condition.key);
  const unknownKeys: string[] = [];
  const truth = decide(condition, fact, facts, hasVariables, unknownKeys);
  if (truth === true) return { truth, why: '', unknownKeys: [] };
  if (truth === 'unknown') {
    if (unknownKeys.length === 0) unknownKeys.push(condition.key);
    return { truth, why: `${describe(condition)}, and ${list(unknownKeys)} is not known here`, unknownKeys };
  }
  const empty = hasVariables ? variablesWithoutValue(condition, facts) : '';
  return { truth, why: `${describe(condition)}, and ${observed(fact)}${empty}`, unknownKeys: [] };
}

/** That a variable stands for nothing, which no comparison shows. */
function variablesWithoutValue({ values }: Condition, facts: Facts): string {
  const empty = values.filter(
    ({ text }) => text.includes('${') && substitute(text, facts, true).state === 'void',
  );
  return empty.length === 0
    ? ''
    : `; ${list(empty.map(({ text }) => quote(text)))} has no value for this caller`;
}

function observed(fact: KeyFact): string {
  if (fact.state === 'known') return `it is ${list(fact.values.map(quote))}`;
  return fact.state === 'ending' ? `it ends in ${quote(fact.ending)}` : 'it is absent';
}

/** In words: `StringEquals wants sts:ExternalId: "blue"`. */
export function describe({ operatorText, key, values }: Condition): string {
  return `${operatorText} wants ${key}: ${list(values.map(({ text }) => quote(text)))}`;
}

function decide(
  condition: Condition,
  fact: KeyFact,
  facts: Facts,
  hasVariables: boolean,
  unknownKeys: string[],
): Truth {
  const { operator, values } = condition;
  if (fact.state === 'unknown') return 'unknown';
  if (operator.name === 'Null') {
    const isAbsent = String(fact.state === 'absent');
    return values.some(({ text }) => text.toLowerCase() === isAbsent);
  }
  if (fact.state === 'absent') {
    if (operator.set === 'ForAllValues' || operator.ifExists) return true;
    return operator.set === null && isNegated(operator);
  }
  const family = OPERATORS[operator.name];
  const usesVariables = hasVariables && (family === 'string' || family === 'arn');
  // Filled in once, however many values the request has.
  const allWanted = values.map(({ text }) => substitute(text, facts, usesVariables));
  const matchesAny = (given: string): Truth =>
    anyOf(
      allWanted.map((wanted) => {
        if (wanted.state === 'void') return false;
        if (wanted.state === 'unknown') {
          unknownKeys.push(wanted.key);
          return 'unknown';
        }
        if (fact.state === 'ending') return endingMatches(operator.name, wanted.pieces, fact.ending);
        if (valueMatches(operator.name, wanted.pieces, given)) return true;
        return fact.assumedPath && mayMatchWithPath(plainText(wanted.pieces), fact.assumedPath)
          ? 'unknown'
          : false;
      }),
    );
  const given = fact.state === 'ending' ? [fact.ending] : fact.values;
  const perValue = (one: string): Truth => (isNegated(operator) ? not(matchesAny(one)) : matchesAny(one));
  if (operator.set === 'ForAllValues') return allOf(given.map(perValue));
  if (operator.set === 'ForAnyValue') return anyOf(given.map(perValue));
  const any = anyOf(given.map(matchesAny));
  return isNegated(operator) ? not(any) : any;
}

/** Whether a pattern could match the role if it had a path. */
function mayMatchWithPath(pattern: string, { before, name }: { before: string; name: string }): boolean {
  const cut = pattern.indexOf(':role/');
  const rest = cut < 0 ? pattern : pattern.slice(cut + ':role/'.length);
  const fitsHead =
    cut < 0
      ? /[*?]/.test(pattern) && `${before}:role/`.startsWith(pattern.slice(0, pattern.search(/[*?]/)))
      : wildcardMatches(pattern.slice(0, cut), before);
  const lastSegment = rest.slice(rest.lastIndexOf('/') + 1);
  return fitsHead && /[/*]/.test(rest) && wildcardMatches(lastSegment, name);
}

const quote = (text: string): string => `"${text}"`;
const list = (texts: readonly string[]): string =>
  texts.length > 3
    ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more`
    : texts.join(', ') || 'nothing';

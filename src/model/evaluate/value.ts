// Compares one value of the request with one value of the policy, by the family of the operator.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { OPERATORS } from '../policy/operators.ts';
import { literal, wildcardMatches } from '../policy/wildcard.ts';
import { isInRange } from './ip.ts';
import { type Piece, plainText } from './variables.ts';

/**
 * Whether the positive form of an operator holds: for StringNotLike, that of StringLike. A value that
 * is malformed for its family matches nothing.
 */
export function valueMatches(operator: string, wanted: readonly Piece[], given: string): boolean {
  const family = OPERATORS[operator];
  if (family === 'arn') return arnMatches(patternOf(wanted), given);
  if (operator === 'StringLike' || operator === 'StringNotLike')
    return wildcardMatches(patternOf(wanted), given);
  const text = plainText(wanted);
  switch (family) {
    case 'string':
      return operator.endsWith('IgnoreCase') ? text.toLowerCase() === given.toLowerCase() : text === given;
    case 'numeric':
      return compare(operator.replace(/^Numeric(?:Not)?/, ''), parseNumber(given), parseNumber(text));
    case 'date':
      return compare(operator.replace(/^Date(?:Not)?/, ''), parseDate(given), parseDate(text));
    case 'bool':
      return text.toLowerCase() === given.toLowerCase() && /^(?:true|false)$/i.test(text);
    case 'binary':
      return isBase64(text) && isBase64(given) && strip(text) === strip(given);
    case 'ip':
      return isInRange(given, text) === true;
    default:
      return false;
  }
}

/** Parts between the first five colons are compared one by one, so that no `*` runs over a colon. */
function arnMatches(pattern: string, given: string): boolean {
  if (pattern === '*') return given.startsWith('arn:');
  let [p, g] = [0, 0];
  for (let part = 0; part < 5; part += 1) {
    const [endOfPattern, end] = [pattern.indexOf(':', p), given.indexOf(':', g)];
    if (endOfPattern < 0 || end < 0) return false;
    if (!wildcardMatches(pattern.slice(p, endOfPattern), given.slice(g, end))) return false;
    [p, g] = [endOfPattern + 1, end + 1];
  }
  return wildcardMatches(pattern.slice(p), given.slice(g));
}

/** As a pattern, in which what came from variables is literal. */
export const patternOf = (pieces: readonly Piece[]): string =>
  pieces.map(({ text, isLiteral }) => (isLiteral ? literal(text) : text)).join('');

function compare(relation: string, given: number | null, wanted: number | null): boolean {
  if (given === null || wanted === null) return false;
  switch (relation) {
    case 'Equals':
      return given === wanted;
    case 'LessThan':
      return given < wanted;
    case 'LessThanEquals':
      return given <= wanted;
    case 'GreaterThan':
      return given > wanted;
    default:
      return given >= wanted;
  }
}

/** As IAM reads numbers: no hexadecimal, no blanks. Null for what is none. */
export function parseNumber(text: string): number | null {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

/** ISO 8601 as W3C profiles it, or seconds since the epoch; milliseconds out. */
export function parseDate(text: string): number | null {
  if (/^\d{5,}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?)?)?$/.test(text))
    return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

export const isBase64 = (text: string): boolean =>
  /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;

const strip = (text: string): string => text.replace(/=+$/, '');

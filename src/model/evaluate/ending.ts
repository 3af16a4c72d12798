// Compares a value of which only the end is known: the aws:userid of a session is the id of its role,
// which no ARN tells, a colon, and the session's name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
import { wildcardMatches } from '../policy/wildcard.ts';
import type { Truth } from './truth.ts';
import { patternOf } from './value.ts';
import { type Piece, plainText } from './variables.ts';

/** Stands for the part that is not known: no text of a policy matches it, only a wildcard does. */
const OPEN = '\ue002'.repeat(21);

/**
 * The positive form of an operator, as `valueMatches`; unknown when the open part decides, and for texts
 * without a colon, which say nothing of the session's name.
 */
export function endingMatches(operator: string, wanted: readonly Piece[], ending: string): Truth {
  if (!operator.startsWith('String')) return 'unknown';
  const text = plainText(wanted);
  const endsOtherwise = (tail: string, end: string): Truth =>
    tail.endsWith(end) || !tail.includes(':') ? 'unknown' : false;
  if (operator.endsWith('IgnoreCase')) return endsOtherwise(text.toLowerCase(), ending.toLowerCase());
  if (operator.endsWith('Equals')) return endsOtherwise(text, ending);
  const pattern = patternOf(wanted);
  if (wildcardMatches(pattern, OPEN + ending)) return true;
  return /[*?]$/.test(pattern) ? 'unknown' : endsOtherwise(pattern.slice(pattern.search(/[^*?]*$/)), ending);
}

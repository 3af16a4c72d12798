// How long something may take, as typed.
import { parseDuration } from '../model/duration.ts';
import { usageProblem } from '../model/problem.ts';

/** Milliseconds. @param example of a value: `60s`. @throws Problem of kind usage */
export function durationOf(flag: string, text: string, example: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw usageProblem({
    code: 'USAGE',
    what: `${flag} must be a duration such as ${example}, not "${text}"`,
    next: `give it with its unit: ${flag} ${example}`,
  });
}

/** Of --wait, in milliseconds. @throws Problem of kind usage */
export const waitOf = (text: string): number => durationOf('--wait', text, '2m');

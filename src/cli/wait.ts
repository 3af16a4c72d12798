// How long a command is to wait, as typed.
import { parseDuration } from '../model/duration.ts';
import { usageProblem } from '../model/problem.ts';

/** Milliseconds. @throws Problem of kind usage */
export function waitOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw usageProblem({
    code: 'USAGE',
    what: `--wait must be a duration such as 2m, not "${text}"`,
    next: 'give it with its unit: --wait 2m',
  });
}

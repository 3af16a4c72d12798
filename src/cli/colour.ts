// Whether a stream gets colour: decided here, once, for every library that would decide for itself.
// https://no-color.org and https://force-color.org
import type { WriteStream } from 'node:tty';

type Environment = Record<string, string | undefined>;

/**
 * Colour for a stream: `--no-color`, then NO_COLOR, then FORCE_COLOR, then whether a terminal is there
 * that can show it.
 */
export function hasColour(
  stream: { isTTY?: boolean },
  environment: Environment,
  { noColor = false }: { noColor?: boolean } = {},
): boolean {
  if (noColor || (environment.NO_COLOR ?? '') !== '') return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return Boolean(stream.isTTY) && environment.TERM !== 'dumb';
}

/**
 * Tells oclif (and what else asks supports-color) the same: it knows FORCE_COLOR and not NO_COLOR.
 * Call before the first line of help or of an error is printed.
 */
export function settleColour(environment: Environment, argv: readonly string[]): void {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  if (words.includes('--no-color') || (environment.NO_COLOR ?? '') !== '') {
    // Node warns when both are set.
    delete environment.NO_COLOR;
    environment.FORCE_COLOR = '0';
  }
}

/** Columns of a terminal; a fixed width for pipes and files, so that their bytes do not depend on it. */
export const widthOf = (stream: Partial<Pick<WriteStream, 'isTTY' | 'columns'>>): number =>
  stream.isTTY && stream.columns ? stream.columns : 100;

/** Marks beyond ASCII only where the locale says UTF-8, or says nothing. */
export function isAscii(environment: Environment): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG;
  return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale);
}

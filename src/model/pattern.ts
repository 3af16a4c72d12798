// One entry of a namespace's allow-list, compiled. Patterns are written by tenants, so they run on RE2
// (the syntax that kube2iam and kiam use, in linear time), in bounded size, and match whole ARNs.
import { RE2JS } from 're2js';

export interface Pattern {
  text: string;
  matches(roleArn: string): boolean;
  /** Steps of its program: what compiling and matching it cost. 0 for what needs no RE2. */
  cost: number;
}

/** kube2iam's glob: the base ARN stands before anything that is no ARN. */
export function globPattern(entry: string, baseArn: string | null): Pattern {
  const whole = isArn(entry) ? entry : (baseArn ?? '') + entry.replace(/^\/+/, '');
  return { text: entry, cost: 0, matches: (arn) => globMatches(whole, arn) };
}

/**
 * kube2iam's regexp, anchored at both ends. `^` and `$` may be written.
 * @throws for what is no RE2 pattern or is too large
 */
export function regexpPattern(entry: string, baseArn: string | null): Pattern {
  const isWhole = isArn(entry.replace(/^\^/, ''));
  const { regexp, cost } = compile(isWhole ? entry : entry.replace(/^(\^?)\/+/, '$1'));
  if (isWhole) return { text: entry, cost, matches: (arn) => regexp.matches(arn) };
  const base = baseArn ?? '';
  return {
    text: entry,
    cost,
    matches: (arn) => arn.startsWith(base) && regexp.matches(arn.slice(base.length)),
  };
}

/** The same as kube2iam read it: found anywhere, alternatives and all (`--legacy-regexp`). */
export function legacyPattern(entry: string, baseArn: string | null): Pattern {
  const { regexp, cost } = compile(isArn(entry) ? entry : RE2JS.quote(baseArn ?? '') + entry);
  return { text: entry, cost, matches: (arn) => regexp.test(arn) };
}

/** kiam 4 matches whole ARNs, kiam 3 the names as annotated: both readings, anchored. */
export function kiamPattern(entry: string, baseArn: string | null): Pattern {
  const { regexp, cost } = compile(entry);
  const isNamed = (arn: string): boolean =>
    baseArn !== null && arn.startsWith(baseArn) && regexp.matches(arn.slice(baseArn.length));
  return { text: entry, cost, matches: (arn) => regexp.matches(arn) || isNamed(arn) };
}

/** Bounds what one tenant can make the daemon compute: about 50 patterns of a whole ARN's length. */
export const MAX_COST = 2000;

/** @throws RangeError, whose message follows the pattern in a sentence, before it has cost anything */
function compile(source: string): { regexp: RE2JS; cost: number } {
  // Thousands of letters fold by case, and RE2 goes through all of them for each class that spans them.
  if (namesBeyondAscii(source)) throw new RangeError('which names characters that no ARN holds');
  const cost = patternCost(source);
  // Counted before it is compiled: RE2 writes every repetition out.
  if (cost > MAX_COST) throw new RangeError('which is too large');
  return { regexp: RE2JS.compile(source), cost };
}

const escapes = /\\(?:x\{([^}]*)\}|x([0-9a-f]{2})|([0-7]{1,3})|(?:[\s\S]))/gi;

function namesBeyondAscii(source: string): boolean {
  if (/[^\0-\x7f]/.test(source)) return true;
  return [...source.matchAll(escapes)].some(([text, braced, hex, octal]) => {
    const code = octal ? Number.parseInt(octal, 8) : Number.parseInt(braced ?? hex ?? '0', 16);
    return /^\\p/i.test(text) || code > 0x7f;
  });
}

const isArn = (text: string): boolean => /^arn:/i.test(text);

/** `*` matches any run of characters, slashes too; all else is literal. Linear in pattern plus text. */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts.shift()!;
  if (parts.length === 0) return pattern === text;
  const last = parts.pop()!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * How many steps a regexp has once its counted repetitions are written out. An estimate: one for each
 * character, class and escape, and what reading a class costs once.
 */
export function patternCost(source: string): number {
  const outer: number[] = [];
  let sum = 0;
  let atom = 0;
  for (const token of tokens(source)) {
    const counted = /^\{(\d+)(?:,(\d*))?\}$/.exec(token);
    if (counted) {
      const times = Math.max(Number(counted[1]), Number(counted[2] || 0), 1);
      sum += atom * (times - 1);
      atom *= times;
    } else if (token === '(') {
      outer.push(sum);
      sum = 0;
      atom = 0;
    } else if (token === ')') {
      atom = sum + 1;
      sum = (outer.pop() ?? 0) + atom;
    } else {
      atom = token.startsWith('\\Q') ? token.length : 1;
      sum += atom + (token.startsWith('[') ? Math.floor(token.length / 8) : 0);
    }
  }
  return outer.reduce((all, one) => all + one, sum);
}

/** Whether a regexp has alternatives outside all groups, which anchors around it do not reach. */
export function hasOpenAlternative(source: string): boolean {
  let depth = 0;
  for (const token of tokens(source)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (token === '|' && depth === 0) return true;
  }
  return false;
}

// A quotation, an escape, a class (its first character may be a bracket), a repetition, or one character.
const tokenPattern =
  /\\Q.*?(?:\\E|$)|\\[pP](?:\{[^}]*\}|.)|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu;

const tokens = (source: string): string[] => source.match(tokenPattern) ?? [];

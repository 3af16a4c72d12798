// Policy variables such as `${aws:username}` in condition values and resources.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
import type { Facts } from './facts.ts';

/** One piece of a value: its own text, where `*` and `?` are wildcards, or a text that is literal. */
export type Piece = { text: string; isLiteral: boolean };

export type Substituted =
  | { state: 'text'; pieces: Piece[] }
  /** A variable has no value and no default, so that the value matches nothing. */
  | { state: 'void' }
  | { state: 'unknown'; key: string };

/** Fills in the variables of a value. Documents of version 2008-10-17 have none: they stay as text. */
export function substitute(text: string, facts: Facts, hasVariables: boolean): Substituted {
  if (!hasVariables || !text.includes('${')) return { state: 'text', pieces: [{ text, isLiteral: false }] };
  const pieces: Piece[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('${', from);
    const end = start < 0 ? -1 : text.indexOf('}', start);
    if (end < 0) break;
    pieces.push({ text: text.slice(from, start), isLiteral: false });
    from = end + 1;
    const filled = fill(text.slice(start + 2, end), facts);
    if (filled.state !== 'text') return filled;
    pieces.push({ text: filled.text, isLiteral: true });
  }
  pieces.push({ text: text.slice(from), isLiteral: false });
  return { state: 'text', pieces };
}

/** The text with all pieces put together, wildcards or not. */
export const plainText = (pieces: readonly Piece[]): string =>
  pieces.length === 1 ? pieces[0]!.text : pieces.map(({ text }) => text).join('');

/** The text without its variables, in one pass whatever stands in it. */
export function withoutVariables(text: string): string {
  let rest = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf('${', from);
    const end = start < 0 ? -1 : text.indexOf('}', start);
    if (end < 0) return rest + text.slice(from);
    rest += text.slice(from, start);
    from = end + 1;
  }
}

type Filled = { state: 'text'; text: string } | { state: 'void' } | { state: 'unknown'; key: string };

/** @param inner what stands between the braces: a key, perhaps with `, 'default'` behind it */
function fill(inner: string, facts: Facts): Filled {
  if (inner === '*' || inner === '?' || inner === '$') return { state: 'text', text: inner };
  const comma = inner.indexOf(',');
  const key = (comma < 0 ? inner : inner.slice(0, comma)).trim();
  const fact = facts.lookup(key);
  if (fact.state === 'unknown' || fact.state === 'ending') return { state: 'unknown', key };
  // Variables take keys of one value only.
  if (fact.state === 'known' && fact.values.length === 1) return { state: 'text', text: fact.values[0]! };
  const fallback = comma < 0 ? '' : inner.slice(comma + 1).trim();
  const isQuoted = fallback.length >= 2 && fallback.startsWith("'") && fallback.endsWith("'");
  return isQuoted ? { state: 'text', text: fallback.slice(1, -1) } : { state: 'void' };
}

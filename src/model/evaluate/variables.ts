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

const VARIABLE = /\$\{([^}]*)\}/g;

export const hasVariable = (text: string): boolean => text.includes('${');

/** Fills in the variables of a value. Documents of version 2008-10-17 have none: they stay as text. */
export function substitute(text: string, facts: Facts, hasVariables: boolean): Substituted {
  if (!hasVariables || !hasVariable(text)) return { state: 'text', pieces: [{ text, isLiteral: false }] };
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    pieces.push({ text: text.slice(from, match.index), isLiteral: false });
    from = match.index + match[0].length;
    const filled = fill(match[1]!, facts);
    if (filled.state !== 'text') return filled;
    pieces.push({ text: filled.text, isLiteral: true });
  }
  pieces.push({ text: text.slice(from), isLiteral: false });
  return { state: 'text', pieces };
}

/** The text with all pieces put together, wildcards or not. */
export const plainText = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join('');

function fill(
  inner: string,
  facts: Facts,
): { state: 'text'; text: string } | { state: 'void' } | { state: 'unknown'; key: string } {
  if (inner === '*' || inner === '?' || inner === '$') return { state: 'text', text: inner };
  const [, key = '', fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inner) ?? [];
  const fact = facts.lookup(key);
  if (fact.state === 'unknown') return { state: 'unknown', key };
  // Variables take keys of one value only.
  if (fact.state === 'known' && fact.values.length === 1) return { state: 'text', text: fact.values[0]! };
  return fallback === undefined ? { state: 'void' } : { state: 'text', text: fallback };
}

// JSON as it is printed: the same value, in letters that neither a terminal nor a CI job's log obeys.

/** Indented by two, without a line end. */
export const printedJson = (value: unknown): string => harmlessJson(JSON.stringify(value, null, 2));

/**
 * A JSON text of the same value. JSON leaves U+0080 to U+009F and bidirectional characters as they are, and Azure
 * obeys `##vso[…]` anywhere in a line; all of these can stand in strings only, where an escape means the same.
 * https://www.rfc-editor.org/rfc/rfc8259#section-7
 */
export const harmlessJson = (json: string): string =>
  json.replace(UNSEEN, escaped).replaceAll('##', '#\\u0023');

const UNSEEN = /(?![\t\n\r ])[\p{Cc}\p{Cf}\p{Z}]/gu;

/** A character beyond U+FFFF is two units, and an escape for each. */
const escaped = (char: string): string =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

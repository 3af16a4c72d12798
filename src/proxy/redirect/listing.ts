// Reads how nft lists a table of ours: what it lacks of what was set, without what changes by itself.

/** A listing without what sets hold, and how much of it, which newer versions of nft tell. */
export const withoutElements = (listing: string): string =>
  listing.replaceAll(/^\t\telements = \{.*?\}\n/gms, '').replaceAll(/\s+# count \d+$/gm, '');

/** A listing without counters, indentation and empty lines. */
export function withoutCounts(listing: string): string {
  return listing
    .replace(/\bcounter packets \d+ bytes \d+/g, 'counter')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/**
 * What a listing lacks of the script that was set. Versions of nft spell some words differently, and
 * that must not look like a missing rule.
 */
export function missingLines(script: string, listing: string): string[] {
  const listed = withoutCounts(listing).split('\n').map(spell);
  return withoutCounts(script)
    .split('\n')
    .filter((line) => /\b(?:accept|drop|reject|dnat)\b/.test(line) && !line.startsWith('type '))
    .filter((line) => !listed.includes(spell(line)));
}

const spell = (line: string): string =>
  line
    // Beneath a bare root there is no /etc/protocols to name it by.
    .replace(/\bl4proto 6\b/, 'l4proto tcp')
    // Users by name, in any order.
    .replace(/\bskuid != \{[^}]*\}/, 'skuid')
    .replace(/\breject with .*$/, 'reject')
    .replace(/\bdnat ip6? to\b/, 'dnat to')
    .replace(/\bct original ip6? daddr\b/, 'ct original daddr');

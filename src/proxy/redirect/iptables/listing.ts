// Reads what `iptables -S` prints of one table, and tells our rules from others'.
import type { Entry } from './entries.ts';

const COMMENT = 'pod-iam.dev/redirect';

/** A rule as it is listed. */
export interface Listed {
  chain: string;
  /** From behind the chain's name on, as printed. */
  text: string;
  isOurs: boolean;
}

/** The rules in their order, without policies and the names of chains. */
export function readListing(text: string): Listed[] {
  return text.split('\n').flatMap((line) => {
    const [, chain, rest] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (chain === undefined || rest === undefined) return [];
    return [{ chain, text: rest, isOurs: rest.includes(COMMENT) }];
  });
}

/** Whether a listed rule of ours says what the entry does, in whichever order it is printed. */
function isSameRule(listed: Listed, entry: Entry): boolean {
  if (listed.chain !== entry.chain) return false;
  const words = listed.text
    .replaceAll('"', '')
    .replace(`-m comment --comment ${COMMENT}`, '')
    .replace(/--reject-with icmp\S+/, '')
    .replaceAll(/\/(?:32|128)\b/g, '')
    .split(' ')
    .filter((word) => word !== '');
  return words.sort().join(' ') === [...entry.match].sort().join(' ');
}

/**
 * What of the entries of one table is missing, changed, or stands behind a rule of somebody else's
 * that could decide first; null when nothing is.
 */
export function tableFault(listed: readonly Listed[], entries: readonly Entry[]): string | null {
  for (const chain of new Set(
    [...entries, ...listed.filter(({ isOurs }) => isOurs)].map((one) => one.chain),
  )) {
    const wanted = entries.filter((entry) => entry.chain === chain);
    const rules = listed.filter((one) => one.chain === chain);
    const ours = rules.filter(({ isOurs }) => isOurs);
    if (!wanted.every((entry) => ours.some((one) => isSameRule(one, entry))))
      return `a rule in ${chain} is gone`;
    if (ours.length > wanted.length) return `${chain} has a rule too many`;
    if (!rules.slice(0, wanted.length).every(({ isOurs }) => isOurs))
      return `"${rules.find(({ isOurs }) => !isOurs)!.text}" in ${chain} comes first`;
  }
  return null;
}

/** One transaction for `iptables-restore --noflush`: all of ours away, and the entries first in their chains. */
export function restoreScript(table: string, listed: readonly Listed[], entries: readonly Entry[]): string {
  const lines = [
    ...listed.filter(({ isOurs }) => isOurs).map(({ chain, text }) => `-D ${chain} ${text}`),
    ...entries.map(({ chain, match }) => `-I ${chain} -m comment --comment ${COMMENT} ${match.join(' ')}`),
  ];
  return `*${table}\n${lines.map((line) => `${line}\n`).join('')}COMMIT\n`;
}

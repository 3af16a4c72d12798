// Which implementations of iptables a node has. Each keeps rules of its own that the other does not list, and
// a node may have both: the plain name is either.
import { readFileSync } from 'node:fs';
import type { Tools } from '../tools.ts';

/** `iptables` is often a link into /etc/alternatives, which is not there beneath a mounted /usr alone. */
export const IPTABLES_NAMES = ['iptables', 'iptables-nft', 'iptables-legacy'] as const;

export type Implementation = 'nf_tables' | 'legacy';

/** A program for each implementation that can be started; asking for its version touches no table. */
export async function iptablesPrograms(tools: Tools): Promise<Map<Implementation, string>> {
  const found = new Map<Implementation, string>();
  for (const program of IPTABLES_NAMES) {
    const result = await tools.attempt([program, '--version']).catch(() => null);
    if (result?.code !== 0) continue;
    // Before 1.8 there was the legacy one alone, which named itself nothing.
    const implementation = result.stdout.includes('(nf_tables)') ? 'nf_tables' : 'legacy';
    if (!found.has(implementation)) found.set(implementation, program);
  }
  return found;
}

/**
 * Names of the tables that the legacy implementation has in this network namespace, of both families;
 * listing one that is not there would make it. Null when they cannot be told.
 */
export function legacyTables(folder = '/proc/net'): Set<string> | null {
  const names = new Set<string>();
  for (const file of ['ip_tables_names', 'ip6_tables_names']) {
    try {
      for (const name of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) if (name) names.add(name);
    } catch (error) {
      // Not there: the kernel has no such module loaded.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return null;
    }
  }
  return names;
}

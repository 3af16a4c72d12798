// Keeps the rule with iptables, for nodes that have no nft: single rules with our comment, first in
// their chains, each table's in one transaction.
import { setLimited } from '../limit.ts';
import type { Backend, Family, RedirectRule } from '../rule.ts';
import { FAMILIES } from '../rule.ts';
import { ToolError, type Tools } from '../tools.ts';
import { type Entry, entriesOf, TABLES, type Table } from './entries.ts';
import { type Listed, readListing, restoreScript, tableFault } from './listing.ts';

// Seconds to wait for whoever holds xtables' lock, such as kube-proxy.
const lockWait = ['-w', '5'];
// iptables ends so when the kernel has no such table: IPv6 is off, or knows no NAT.
const noSuchTable = 3;

/**
 * @param rule as it is at the moment; null for a backend that only removes
 * @param program `iptables`, or the name of one of its two implementations
 */
export function iptables(tools: Tools, rule: (() => RedirectRule) | null, program = 'iptables'): Backend {
  const programs = { ipv4: program, ipv6: program.replace('iptables', 'ip6tables') };

  /** Null when there can be no rule, as the kernel or the machine lacks what would hold it. */
  async function list(family: Family, table: Table): Promise<Listed[] | null> {
    const argv = [programs[family], ...lockWait, '-t', table, '-S'];
    const isOptional = family === 'ipv6';
    const result = await tools.attempt(argv).catch((error: unknown) => {
      if (isOptional) return null;
      throw error;
    });
    if (result?.code === 0) return readListing(result.stdout);
    if (isOptional && (result === null || result.code === noSuchTable || result.code === 127)) return null;
    throw new ToolError(
      `${argv.join(' ')} ended with ${result?.code}: ${result?.stderr.trim().split('\n')[0]}`,
    );
  }

  /** Calls back for each table that there is, with what it holds and what it should. */
  async function eachTable<T>(
    entries: readonly Entry[],
    visit: (family: Family, table: Table, listed: Listed[], wanted: Entry[]) => Promise<T | null>,
  ): Promise<T | null> {
    for (const family of FAMILIES) {
      for (const table of TABLES) {
        const listed = await list(family, table);
        const wanted = entries.filter((entry) => entry.family === family && entry.table === table);
        const result = listed && (await visit(family, table, listed, wanted));
        if (result !== null) return result;
      }
    }
    return null;
  }

  async function replace(entries: readonly Entry[]): Promise<void> {
    await eachTable(entries, async (family, table, listed, wanted) => {
      if (tableFault(listed, wanted) === null) return null;
      const restore = programs[family].concat('-restore');
      await tools.run([restore, '--noflush', ...lockWait], restoreScript(table, listed, wanted));
      return null;
    });
  }

  const findFault = (entries: readonly Entry[]): Promise<string | null> =>
    eachTable(entries, async (family, table, listed, wanted) => {
      const fault = tableFault(listed, wanted);
      return fault && `${programs[family]} ${table}: ${fault}`;
    });

  const entries = (isLimited: boolean): Entry[] => (rule === null ? [] : entriesOf(rule(), isLimited));
  let lack: string | null = null;

  return {
    name: 'iptables',
    program,
    get lack() {
      return lack;
    },
    async assert() {
      lack = await setLimited((isLimited) => replace(entries(isLimited)));
    },
    check: () => findFault(entries(lack === null)),
    async remove() {
      await replace([]);
      const left = await findFault([]);
      if (left !== null) throw new ToolError(left);
    },
    // iptables tells nobody when a rule goes.
    watch() {},
  };
}

// Whether a rule of somebody else's, such as another credential proxy's, takes pods' requests before ours
// can. It is not ours to take away, so it is told.
import { iptablesPrograms, legacyTables } from './iptables/variants.ts';
import type { Backend } from './rule.ts';
import type { Tools } from './tools.ts';

export interface ForeignOptions {
  tools: Tools;
  backend: Pick<Backend, 'name' | 'program'>;
  /** The intercepted addresses. */
  addresses: readonly string[];
  /** Tables of the legacy iptables; null when they cannot be told. */
  legacy?: Set<string> | null;
}

/** What of the kernel's order a packet meets first: https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks */
const PRIORITIES: Record<string, number> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const OURS = { nft: -105, iptables: -100 };

/** A sentence for each rule that names an intercepted address and is met before ours. Throws when none can be listed. */
export async function foreignRules(options: ForeignOptions): Promise<string[]> {
  const { addresses } = options;
  const inNft = await nftChains(options);
  if (inNft === null && options.backend.name === 'nft')
    throw new Error('nft does not list the chains, so rules of others are not known');
  const chains = [...(inNft ?? []), ...(await iptablesChains(options, inNft === null))];
  return chains.flatMap(({ where, rules }) =>
    rules
      .filter((rule) => addresses.some((address) => names(rule, address)) && DECIDES.test(rule))
      .map((rule) => `"${withoutCounts(rule)}" in ${where} comes before the redirect and may win`),
  );
}

interface Chain {
  /** Family, table and chain. */
  where: string;
  rules: string[];
}

/** Words after which a packet is not as it was, or goes where that may happen. */
const DECIDES =
  /\b(?:dnat|redirect|tproxy|drop|reject|notrack|queue|goto|jump|xt target)\b|\s-[jg] (?!ACCEPT|RETURN|(?:CONN)?MARK|N?FLOG|LOG)/i;

/** Whether it is about packets to the address, not about all others. */
const names = (rule: string, address: string): boolean =>
  !/daddr != |! -d /.test(rule) &&
  rule.split(/[\s{},]+/).some((word) => word.replace(/\/(?:32|128)$/, '') === address);

const withoutCounts = (rule: string): string => rule.replace(/\bcounter packets \d+ bytes \d+ /, '');

/** Chains that are met before ours; null when there is no nft that works. */
async function nftChains({ tools, backend }: ForeignOptions): Promise<Chain[] | null> {
  const listed = await tools.attempt(['nft', 'list', 'chains']).catch(() => null);
  if (listed?.code !== 0) return null;
  const found: Chain[] = [];
  let table = '';
  let chain = '';
  for (const line of listed.stdout.split('\n')) {
    table = /^table (.*) \{/.exec(line)?.[1] ?? table;
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, name = '', sign, more = '0'] =
      /^\t\ttype \S+ hook prerouting priority (-?\w+)(?: ([+-]) (\d+))?;/.exec(line) ?? [];
    if (name === '' || !/^(?:ip|ip6|inet) (?!pod_iam$)/.test(table)) continue;
    const priority = (PRIORITIES[name] ?? Number(name)) + (sign === '-' ? -1 : 1) * Number(more);
    // Of the same priority either may come first; the order within our own chain is kept by its check.
    const isOwn = backend.name === 'iptables' && /^ip6? nat$/.test(table);
    if (priority > OURS[backend.name] || isOwn) continue;
    const text = await tools.attempt(['nft', 'list', 'chain', ...table.split(' '), chain]).catch(() => null);
    found.push({
      where: `${table} ${chain}`,
      rules: text?.stdout.split('\n').map((rule) => rule.trim()) ?? [],
    });
  }
  return found;
}

/** Those for IPv4. @param withNft whether those of the nft implementation are wanted: no nft has listed them */
async function iptablesChains(
  { tools, backend, legacy = legacyTables() }: ForeignOptions,
  withNft: boolean,
): Promise<Chain[]> {
  const found: Chain[] = [];
  for (const [implementation, program] of await iptablesPrograms(tools)) {
    if (implementation === 'nf_tables' && !withNft) continue;
    for (const table of ['raw', 'mangle', 'nat']) {
      if (implementation === 'legacy' && !legacy?.has(table)) continue;
      // Ours is first in its own chain, and nftables' comes before both implementations'.
      if (table === 'nat' && (backend.name === 'nft' || backend.program === program)) continue;
      const argv = [program, '-w', '5', '-t', table, '-S', 'PREROUTING'];
      const result = await tools.attempt(argv).catch(() => null);
      found.push({ where: `${table} PREROUTING of ${program}`, rules: result?.stdout.split('\n') ?? [] });
    }
  }
  return found;
}

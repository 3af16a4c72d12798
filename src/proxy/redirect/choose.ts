// Which packet filter holds the rule on this node: nftables where it works, else iptables.
import { environmentProblem, type Problem } from '../../model/problem.ts';
import { messageOf } from '../log.ts';
import { iptables } from './iptables/backend.ts';
import { IPTABLES_NAMES, iptablesPrograms, legacyTables } from './iptables/variants.ts';
import { nftables } from './nftables.ts';
import type { Backend, RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';

export interface ChooseOptions {
  tools: Tools;
  /** As it is at the moment; null to remove it. */
  rule: (() => RedirectRule) | null;
  /** The node's name, for the message. */
  node: string;
  /** Tables of the legacy iptables; null when they cannot be told. */
  legacy?: () => Set<string> | null;
}

/**
 * The packet filters that work here, the preferred first: nftables and one iptables, or both
 * implementations of that to remove a rule. Each is looked for only when it is asked for: listing with
 * iptables can load kernel modules that a node of nftables alone does without.
 * @throws Problem NO_PACKET_FILTER when there is none
 */
export async function* findBackends({
  tools,
  rule,
  node,
  legacy = legacyTables,
}: ChooseOptions): AsyncGenerator<Backend> {
  const faults: string[] = [];
  const works = async (argv: string[]): Promise<boolean> => {
    try {
      await tools.run(argv);
      return true;
    } catch (error) {
      faults.push(messageOf(error));
      return false;
    }
  };
  const hasNft = await works(['nft', 'list', 'tables']);
  if (hasNft) yield nftables(tools, rule);
  let isAny = hasNft;
  for (const program of rule === null ? await programsWithTables(tools, legacy()) : IPTABLES_NAMES) {
    if (!(await works([program, '-w', '5', '-t', 'nat', '-S', 'PREROUTING']))) continue;
    isAny = true;
    yield iptables(tools, rule, program);
    if (rule !== null) return;
  }
  if (!isAny) throw noPacketFilter(node, faults);
}

/** The legacy implementation holds nothing where it has no tables. */
async function programsWithTables(tools: Tools, legacy: Set<string> | null): Promise<string[]> {
  const programs = await iptablesPrograms(tools);
  if (legacy?.size === 0) programs.delete('legacy');
  return [...programs.values()];
}

export const noPacketFilter = (node: string, faults: readonly string[]): Problem =>
  environmentProblem({
    code: 'NO_PACKET_FILTER',
    what: `neither nft nor iptables works on node ${node}`,
    why: faults.join('; '),
    next: 'install with --redirect-image IMAGE, an image that holds node and nft',
  });

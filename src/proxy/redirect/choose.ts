// Which packet filter holds the rule on this node: nftables where it works, else iptables.
import { environmentProblem, type Problem } from '../../model/problem.ts';
import { messageOf } from '../log.ts';
import { iptables } from './iptables/backend.ts';
import { nftables } from './nftables.ts';
import type { Backend, RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';

export interface ChooseOptions {
  tools: Tools;
  /** As it is at the moment; null to remove it. */
  rule: (() => RedirectRule) | null;
  /** The node's name, for the message. */
  node: string;
}

// `iptables` is often a link into /etc/alternatives, which is not there beneath a mounted /usr alone.
const iptablesNames = ['iptables', 'iptables-nft', 'iptables-legacy'];

/**
 * The packet filters that work here, the preferred first. Each is looked for only when it is asked
 * for: listing with iptables can load kernel modules that a node of nftables alone does without.
 * @throws Problem NO_PACKET_FILTER when there is none
 */
export async function* findBackends({ tools, rule, node }: ChooseOptions): AsyncGenerator<Backend> {
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
  for (const program of iptablesNames) {
    if (!(await works([program, '-w', '5', '-t', 'nat', '-S', 'PREROUTING']))) continue;
    yield iptables(tools, rule, program);
    return;
  }
  if (!hasNft) throw noPacketFilter(node, faults);
}

export const noPacketFilter = (node: string, faults: readonly string[]): Problem =>
  environmentProblem({
    code: 'NO_PACKET_FILTER',
    what: `neither nft nor iptables works on node ${node}`,
    why: faults.join('; '),
    next: 'install with --redirect-image IMAGE, an image that holds node and nft',
  });

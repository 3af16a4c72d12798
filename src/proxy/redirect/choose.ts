// Which packet filter holds the rule on this node: nftables where it works, else iptables.
import { environmentProblem, type Problem } from '../../model/problem.ts';
import { messageOf } from '../log.ts';
import { iptables } from './iptables.ts';
import { nftables } from './nftables.ts';
import type { Backend, RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';

export interface ChooseOptions {
  tools: Tools;
  /** Null to remove it. */
  rule: RedirectRule | null;
  /** The node's name, for the message. */
  node: string;
}

/**
 * All packet filters that work here, the preferred first.
 * @throws Problem NO_PACKET_FILTER when there is none
 */
export async function findBackends({ tools, rule, node }: ChooseOptions): Promise<Backend[]> {
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
  const backends: Backend[] = [];
  if (await works(['nft', 'list', 'tables'])) backends.push(nftables(tools, rule));
  if (await works(['iptables', '-w', '5', '-t', 'nat', '-S', 'PREROUTING']))
    backends.push(iptables(tools, rule));
  if (backends.length > 0) return backends;
  throw noPacketFilter(node, faults);
}

export const noPacketFilter = (node: string, faults: readonly string[]): Problem =>
  environmentProblem({
    code: 'NO_PACKET_FILTER',
    what: `neither nft nor iptables works on node ${node}`,
    why: faults.join('; '),
    next: 'install with --redirect-image IMAGE, an image that holds node and nft',
  });

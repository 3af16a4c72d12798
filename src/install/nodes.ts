// Which nodes an installation has to reach, and which it cannot.
import { nodeFact } from '../cluster/facts/node.ts';
import type { Kube } from '../cluster/kube.ts';

export interface NodeSplit {
  /** Must be served. */
  reachable: string[];
  /** Would be served, and their kubelet does not answer. */
  notReady: string[];
  /** No DaemonSet reaches them: name and reason. */
  notServable: { node: string; why: string }[];
}

/** Names are sorted. @throws Problem when nodes may not be listed */
export async function splitNodes(kube: Kube): Promise<NodeSplit> {
  const nodes = (await kube.list('v1', 'Node')).map(nodeFact);
  const servable = nodes.filter(({ notServable }) => notServable === null);
  const names = (isReady: boolean) =>
    servable
      .filter(({ ready }) => ready === isReady)
      .map(({ name }) => name)
      .sort();
  return {
    reachable: names(true),
    notReady: names(false),
    notServable: nodes.flatMap(({ name, notServable }) =>
      notServable ? [{ node: name, why: notServable }] : [],
    ),
  };
}

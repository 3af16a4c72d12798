// What an installation came to, for people and for machines.

import type { Change } from '../cluster/change.ts';
import type { Kube } from '../cluster/kube.ts';
import type { InstallPlan } from './install.ts';
import type { NodeProof } from './prove.ts';

export interface InstallOutcome {
  context: string;
  namespace: string;
  version: string;
  dryRun: boolean;
  changes: { action: Change['action']; kind: string; namespace: string | null; name: string }[];
  /** One per node that must be served; empty when no proof was asked for. */
  nodes: NodeProof[];
  /** Whether every node is proven, and there is one; null when no proof was asked for. */
  proven: boolean | null;
  notServable: { node: string; why: string }[];
  warnings: string[];
}

export function outcomeOf(
  plan: InstallPlan,
  { name, kubectl }: Kube['context'],
  { dryRun, proofs }: { dryRun: boolean; proofs: NodeProof[] | null },
): InstallOutcome {
  const unreachable = plan.nodes.notReady.map((node) => ({
    node,
    proven: false,
    what: 'the node is not ready, so nothing is known of it',
    next: `${kubectl} describe node ${node}`,
  }));
  const nodes = proofs === null ? [] : [...proofs, ...unreachable];
  return {
    context: name,
    namespace: plan.values.systemNamespace,
    version: plan.values.version,
    dryRun,
    changes: plan.changes.map(({ action, object: { kind, metadata } }) => ({
      action,
      kind,
      namespace: metadata.namespace ?? null,
      name: metadata.name,
    })),
    nodes,
    proven: proofs === null ? null : nodes.length > 0 && nodes.every(({ proven }) => proven),
    notServable: plan.nodes.notServable,
    warnings: warningsOf(plan),
  };
}

export function warningsOf({ otherProxies, nodes }: InstallPlan): string[] {
  return [
    ...otherProxies.map(
      ({ product, daemonSet }) =>
        `IN010: ${product} is installed too (DaemonSet ${daemonSet}); two credential proxies fight over one address`,
    ),
    ...(nodes.reachable.length === 0 ? ['no Linux node is ready, so nothing can be proven yet'] : []),
    ...nodes.notServable.map(({ node, why }) => `node ${node} is not served: ${why}`),
  ];
}

// Where a diagnostic pod can run that stands for a workload: on a node that the workload could run on.
import { knownOr, type NodeFact, type Snapshot, type WorkloadFact } from '../model/snapshot.ts';
import { isLive } from './asking.ts';

/** A node that runs a pod of the workload, else one that could. Undefined: none; null: left open. */
export function chooseNode(
  workload: WorkloadFact,
  snapshot: Snapshot,
): { node: string | null | undefined; note: string | null } {
  const [nodes, pods] = [knownOr(snapshot.nodes, []), knownOr(snapshot.pods, [])];
  const own = pods.filter((pod) => pod.workload === workload.id && isLive(pod)).map((pod) => pod.node!);
  const names = [...new Set(own)].sort();
  if (nodes.length === 0) return { node: names[0] ?? null, note: null };
  const usable = nodes.filter(isUsable).map(({ name }) => name);
  const running = names.find((name) => usable.includes(name));
  if (running !== undefined) return { node: running, note: null };
  const selected = nodes
    .filter((node) => isUsable(node) && matches(node, workload) && tolerates(node, workload))
    .map(({ name }) => name)
    .sort()[0];
  if (selected === undefined)
    return { node: undefined, note: `${workload.id}: no node is ready, schedulable and servable for it` };
  return {
    node: selected,
    note: names.length === 0 ? null : `${workload.id}: its own nodes take no new pods; proven on ${selected}`,
  };
}

/** Nodes on which a pod can be started and should be served. */
export const isUsable = (node: NodeFact): boolean =>
  node.ready && node.schedulable && node.notServable === null && node.os === 'linux';

function matches(node: NodeFact, { template }: WorkloadFact): boolean {
  return Object.entries(template.nodeSelector).every(([key, value]) => node.labels[key] === value);
}

function tolerates(node: NodeFact, { template }: WorkloadFact): boolean {
  return node.taints
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .every((taint) =>
      template.tolerations.some(
        (toleration) =>
          (toleration.effect === undefined || toleration.effect === taint.effect) &&
          (toleration.operator === 'Exists'
            ? toleration.key === undefined || toleration.key === taint.key
            : toleration.key === taint.key && (toleration.value ?? '') === (taint.value ?? '')),
      ),
    );
}

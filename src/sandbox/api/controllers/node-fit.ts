// Can a pod run on a node: its node selector, node affinity, the node's taints and room; with the
// scheduler's words when it cannot.
// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
import { quantity } from '../admission/quantity.ts';
import { usageOf } from '../admission/quota.ts';
import type { NodeSelectorTerm, PodSpec, Toleration } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import { matchesExpression } from '../store/selectors.ts';
import { podSpec } from './pods.ts';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

interface NodeSpec {
  unschedulable?: boolean;
  taints?: Taint[];
}

/** Null when it fits, else why not; several reasons when resources fall short. */
export function misfit(pod: ApiObject, node: ApiObject, podsOnNode: ApiObject[]): string[] | null {
  const spec = podSpec(pod);
  if ((node['spec'] as NodeSpec | undefined)?.unschedulable && !toleratesUnschedulable(spec)) {
    return ['node(s) were unschedulable'];
  }
  const taint = untolerated(spec.tolerations ?? [], node);
  if (taint) return [`node(s) had untolerated taint(s)`];
  if (!isSelected(spec, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  const reasons = [...portConflicts(spec, podsOnNode), ...shortages(pod, node, podsOnNode)];
  return reasons.length === 0 ? null : reasons;
}

/** By node selector and required node affinity alone. */
export function isSelected(spec: PodSpec, node: ApiObject): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: ApiObject,
): boolean {
  const labels = node.metadata.labels ?? {};
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every(({ key, operator, values = [] }) =>
      matchesExpression(operator, labels[key], values),
    ) &&
    matchFields.every(
      ({ key, operator, values = [] }) =>
        key === 'metadata.name' && matchesExpression(operator, node.metadata.name, values),
    )
  );
}

/** The first taint that keeps a pod with these tolerations away. */
export function untolerated(tolerations: Toleration[], node: ApiObject): Taint | undefined {
  const { taints = [] } = (node['spec'] ?? {}) as NodeSpec;
  return taints.find(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || (key === taint.key && value === (taint.value ?? ''));
}

const toleratesUnschedulable = (spec: PodSpec): boolean =>
  (spec.tolerations ?? []).some((toleration) =>
    tolerates(toleration, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }),
  );

function portConflicts(spec: PodSpec, others: ApiObject[]): string[] {
  const taken = new Set(others.flatMap((pod) => hostPorts(podSpec(pod))));
  return hostPorts(spec).some((port) => taken.has(port))
    ? ["node(s) didn't have free ports for the requested pod ports"]
    : [];
}

const hostPorts = (spec: PodSpec): string[] =>
  spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol }) => (hostPort ? [`${protocol ?? 'TCP'}/${hostPort}`] : [])),
  );

function shortages(pod: ApiObject, node: ApiObject, others: ApiObject[]): string[] {
  const { allocatable = {} } = (node['status'] ?? {}) as { allocatable?: Record<string, string> };
  const wanted = usageOf(pod);
  const used = others.map(usageOf);
  const isShort = (resource: string, measure: string): boolean => {
    const room = allocatable[resource];
    const asked = wanted[measure] ?? 0;
    if (room === undefined || asked === 0) return false;
    return used.reduce((sum, usage) => sum + (usage[measure] ?? 0), asked) > quantity(room);
  };
  return [
    ...(isShort('pods', 'pods') ? ['Too many pods'] : []),
    ...(isShort('cpu', 'requests.cpu') ? ['Insufficient cpu'] : []),
    ...(isShort('memory', 'requests.memory') ? ['Insufficient memory'] : []),
  ];
}

// The scheduler: gives each pending pod the fitting node with the fewest pods, or says why none fits.
// https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
import type { Core } from '../core.ts';
import { type ApiObject, apiTime } from '../object.ts';
import { systemApi } from '../system.ts';
import { misfit } from './node-fit.ts';
import { isActive, isFinished, podSpec, podStatus } from './pods.ts';
import { startReconciler } from './reconciler.ts';

export function startScheduler(core: Core): () => void {
  const { store } = core;
  const api = systemApi(core, 'default-scheduler');

  const schedule = (pod: ApiObject): void => {
    const nodes = store.list('nodes').map((node) => {
      const pods = store
        .list('pods')
        .filter((other) => podSpec(other).nodeName === node.metadata.name && !isFinished(other));
      return { node, pods, reasons: misfit(pod, node, pods) };
    });
    const [best] = nodes
      .filter(({ reasons }) => reasons === null)
      .sort((a, b) => a.pods.length - b.pods.length);
    if (best) bind(pod, best.node);
    else refuse(pod, unschedulableMessage(nodes.map(({ reasons }) => reasons!)));
  };

  // A pod takes on the topology of its node: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
  const bind = (pod: ApiObject, node: ApiObject): void => {
    const { namespace, name } = pod.metadata;
    const topology = Object.entries(node.metadata.labels ?? {}).filter(([key]) =>
      topologyLabels.includes(key),
    );
    const labels = { ...pod.metadata.labels, ...Object.fromEntries(topology) };
    store.put('pods', {
      ...pod,
      metadata: { ...pod.metadata, ...(Object.keys(labels).length > 0 ? { labels } : {}) },
      spec: { ...podSpec(pod), nodeName: node.metadata.name },
      status: { ...podStatus(pod), conditions: [condition(pod, 'True')] },
    });
    api.event(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`,
    });
  };

  const refuse = (pod: ApiObject, message: string): void => {
    const { namespace, name } = pod.metadata;
    const known = podStatus(pod).conditions?.find(({ type }) => type === 'PodScheduled') as
      | { message?: string }
      | undefined;
    if (known?.message === message) return;
    const conditions = [{ ...condition(pod, 'False'), reason: 'Unschedulable', message }];
    api.patchStatus('pods', namespace!, name, { conditions });
    api.event(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  };

  return startReconciler(core, {
    keysOf: ({ key, type, object }) => {
      const isPending = (pod: ApiObject): boolean => isActive(pod) && !podSpec(pod).nodeName;
      const idOf = ({ metadata }: ApiObject): string => `${metadata.namespace}/${metadata.name}`;
      if (key === 'pods' && type !== 'DELETED') return isPending(object) ? [idOf(object)] : [];
      if (key === 'pods' || key === 'nodes') return store.list('pods').filter(isPending).map(idOf);
      return [];
    },
    reconcile: (key) => {
      const [namespace, name] = key.split('/');
      const pod = store.get('pods', namespace!, name!);
      if (pod && isActive(pod) && !podSpec(pod).nodeName) schedule(pod);
    },
  });
}

const topologyLabels = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'];

const condition = ({ metadata }: ApiObject, status: 'True' | 'False'): Record<string, unknown> => ({
  type: 'PodScheduled',
  status,
  observedGeneration: metadata.generation,
  lastProbeTime: null,
  lastTransitionTime: apiTime(Date.now()),
});

/** `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. …` */
export function unschedulableMessage(reasonsOfNodes: string[][]): string {
  const total = reasonsOfNodes.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of reasonsOfNodes.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${total} nodes are available: ${list.join(', ')}. no new claims to deallocate, preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}

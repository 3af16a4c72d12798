// DaemonSet: one pod of the template on each node that it selects, replaced node by node when the
// template changes.
// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
import type { Core } from '../core.ts';
import type { PodSpec, Toleration } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import { systemApi } from '../system.ts';
import { isSelected, untolerated } from './node-fit.ts';
import {
  createPod,
  deletePod,
  isFinished,
  isReady,
  isTerminating,
  ownedBy,
  ownKeys,
  podSpec,
  specOf,
  templateHash,
} from './pods.ts';
import { startReconciler } from './reconciler.ts';

const resource = 'daemonsets.apps';
const hashLabel = 'controller-revision-hash';

export function startDaemonSets(core: Core): () => void {
  const { store } = core;
  const api = systemApi(core, 'daemonset-controller');

  const reconcile = (key: string): void => {
    const [namespace, name] = key.split('/');
    const set = store.get(resource, namespace!, name!);
    if (!set || isTerminating(set)) return;
    const hash = templateHash(specOf(set).template);
    const nodes = store.list('nodes').filter((node) => shouldRun(set, node));
    try {
      place(set, nodes, hash);
      replaceOutdated(set, nodes, hash);
    } finally {
      report(set, nodes, hash);
    }
  };

  const place = (set: ApiObject, nodes: ApiObject[], hash: string): void => {
    const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
    const byNode = podsByNode(set);
    for (const [node, pods] of byNode) {
      const live = pods.filter((pod) => !isTerminating(pod));
      for (const pod of live.filter(isFinished)) replaceFailed(set, pod);
      const running = live.filter((pod) => !isFinished(pod));
      for (const pod of wanted.has(node) ? running.slice(1) : running) deletePod(api, set, pod);
    }
    for (const node of wanted) {
      // The next pod comes when the last one is gone: they may share ports and folders of the host.
      if ((byNode.get(node) ?? []).length > 0) continue;
      const labels = { [hashLabel]: hash, 'pod-template-generation': String(set.metadata.generation) };
      createPod(api, set, { labels, change: (spec) => pinTo(spec, node) });
    }
  };

  const replaceFailed = (set: ApiObject, pod: ApiObject): void => {
    const { namespace, name } = pod.metadata;
    const message = `Found failed daemon pod ${namespace}/${name} on node ${podSpec(pod).nodeName}, will try to kill it`;
    api.event(set, { type: 'Warning', reason: 'FailedDaemonPod', message });
    deletePod(api, set, pod);
  };

  const replaceOutdated = (set: ApiObject, nodes: ApiObject[], hash: string): void => {
    const strategy = specOf(set)['updateStrategy'] as
      | { type?: string; rollingUpdate?: { maxUnavailable?: number | string } }
      | undefined;
    if (strategy?.type === 'OnDelete') return;
    const pods = [...podsByNode(set).values()].flat().filter((pod) => !isTerminating(pod));
    const outdated = pods.filter(({ metadata }) => metadata.labels?.[hashLabel] !== hash);
    // One that does not serve anyway costs nothing.
    for (const pod of outdated.filter((each) => !isReady(each))) deletePod(api, set, pod);
    const allowed = maxUnavailable(strategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length);
    const spare = allowed - (nodes.length - pods.filter(isReady).length);
    for (const pod of outdated.filter(isReady).slice(0, Math.max(0, spare))) deletePod(api, set, pod);
  };

  const report = (set: ApiObject, nodes: ApiObject[], hash: string): void => {
    const wanted = new Set(nodes.map(({ metadata }) => metadata.name));
    const byNode = [...podsByNode(set)];
    const placed = byNode.filter(([node]) => wanted.has(node)).map(([, pods]) => pods[0]!);
    const ready = placed.filter(isReady).length;
    const updated = placed.filter(
      (pod) => pod.metadata.labels?.[hashLabel] === hash && !isTerminating(pod),
    ).length;
    api.patchStatus(resource, set.metadata.namespace!, set.metadata.name, {
      desiredNumberScheduled: wanted.size,
      currentNumberScheduled: placed.length,
      numberMisscheduled: byNode.length - placed.length,
      numberReady: ready,
      numberAvailable: ready || null,
      numberUnavailable: wanted.size - ready || null,
      updatedNumberScheduled: updated || null,
      observedGeneration: set.metadata.generation,
    });
  };

  const podsByNode = (set: ApiObject): Map<string, ApiObject[]> => {
    const byNode = new Map<string, ApiObject[]>();
    for (const pod of ownedBy(core, 'pods', set)) {
      const node = nodeOf(podSpec(pod));
      byNode.set(node, [...(byNode.get(node) ?? []), pod]);
    }
    return byNode;
  };

  return startReconciler(core, {
    keysOf: (change) =>
      change.key === 'nodes'
        ? store.list(resource).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
        : ownKeys(change, resource, 'DaemonSet'),
    reconcile,
  });
}

/** Ignores room: a daemon's pod waits for it on its node. */
export function shouldRun(set: ApiObject, node: ApiObject): boolean {
  const { spec } = specOf(set).template;
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(spec)];
  return isSelected(spec, node) && untolerated(tolerations, node) === undefined;
}

// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
function daemonTolerations(spec: PodSpec): Toleration[] {
  const onFailing = ['not-ready', 'unreachable'];
  const onPressure = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'];
  if (spec.hostNetwork) onPressure.push('network-unavailable');
  const tolerate = (effect: string) => (name: string) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect,
  });
  return [...onFailing.map(tolerate('NoExecute')), ...onPressure.map(tolerate('NoSchedule'))];
}

function pinTo(spec: PodSpec, node: string): void {
  spec.tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(spec)];
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
}

// Where a pod is, or is meant to be as long as the scheduler has not bound it.
function nodeOf(spec: PodSpec): string {
  const [term] =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return spec.nodeName ?? term?.matchFields?.[0]?.values?.[0] ?? '';
}

function maxUnavailable(amount: number | string, nodes: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseFloat(amount) / 100) * nodes);
}

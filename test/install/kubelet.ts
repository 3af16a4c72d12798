// The least of a kubelet: pods bound to a node get ready, or into the trouble that a test asks for.
import type { ApiObject, EmulatedCluster } from '../../src/sandbox/api/index.ts';

export interface PodFate {
  /** Status that replaces the one of a ready pod. */
  status?: object;
  /** Log lines by container. */
  log?: Record<string, string>;
}

/** @param fateOf decides by pod; null leaves it as it is. Returns what stops the kubelet. */
export function startKubelet(
  cluster: EmulatedCluster,
  fateOf: (pod: ApiObject) => PodFate | null,
): () => void {
  const seen = new Set<string>();
  return cluster.store.watch('pods', ({ type, object }) => {
    const { namespace = '', name, uid, deletionTimestamp } = object.metadata;
    if (type === 'DELETED') return;
    const { nodeName } = object['spec'] as { nodeName?: string };
    if (deletionTimestamp) setImmediate(() => cluster.removePod(namespace, name));
    if (!nodeName || deletionTimestamp || seen.has(uid!)) return;
    seen.add(uid!);
    setImmediate(() => {
      const fate = fateOf(object);
      if (fate === null) return;
      for (const [container, text] of Object.entries(fate.log ?? {}))
        cluster.appendPodLog(namespace, name, container, text);
      cluster.setPodStatus(namespace, name, fate.status ?? readyStatus(object));
    });
  });
}

export const readyStatus = (pod: ApiObject): object => ({
  phase: 'Running',
  conditions: [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Ready', status: 'True' },
  ],
  containerStatuses: containersOf(pod).map((name) => ({
    name,
    ready: true,
    restartCount: 0,
    image: 'x',
    imageID: '',
    containerID: `test://${name}`,
    state: { running: {} },
  })),
});

export const waitingStatus = (pod: ApiObject, reason: string, message: string): object => ({
  phase: 'Pending',
  conditions: [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Ready', status: 'False' },
  ],
  containerStatuses: containersOf(pod).map((name) => ({
    name,
    ready: false,
    restartCount: 0,
    image: 'x',
    imageID: '',
    state: { waiting: { reason, message } },
  })),
});

export const crashedStatus = (pod: ApiObject, exitCode: number): object => ({
  phase: 'Running',
  conditions: [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Ready', status: 'False' },
  ],
  containerStatuses: containersOf(pod).map((name) => ({
    name,
    ready: false,
    restartCount: 1,
    image: 'x',
    imageID: '',
    state: { terminated: { exitCode, reason: 'Error' } },
  })),
});

const containersOf = (pod: ApiObject): string[] =>
  (pod['spec'] as { containers: { name: string }[] }).containers.map(({ name }) => name);

/** A Linux node that is ready, or one whose kubelet does not answer. */
export function addNode(cluster: EmulatedCluster, name: string, isReady = true): void {
  cluster.system.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
  });
  cluster.system.patchStatus('nodes', '', name, {
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown' }],
  });
}

// A kubelet for tests that runs nothing: pods of its nodes are ready at once, and go when they are deleted.
import type { ApiObject, EmulatedCluster, PodSpec } from '../../../../src/sandbox/api/index.ts';

export interface InstantKubelets {
  stop(): void;
}

export interface NodeOptions {
  name: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  allocatable?: Record<string, string>;
}

/** Adds the nodes, and a kubelet for each; `onPod` may answer with another status than running and ready. */
export function startInstantKubelets(
  cluster: EmulatedCluster,
  nodes: (string | NodeOptions)[],
  onPod: (pod: ApiObject) => object | null = running,
): InstantKubelets {
  const stop = cluster.store.watch('pods', ({ type, object }) => {
    if (type === 'DELETED' || !(object['spec'] as PodSpec).nodeName) return;
    const { namespace, name, deletionTimestamp } = object.metadata;
    if (deletionTimestamp) {
      cluster.removePod(namespace!, name);
      return;
    }
    if ((object['status'] as { startTime?: string }).startTime) return;
    const status = onPod(object);
    if (status) cluster.setPodStatus(namespace!, name, status);
  });
  for (const node of nodes) addNode(cluster, typeof node === 'string' ? { name: node } : node);
  return { stop };
}

export function addNode(cluster: EmulatedCluster, { name, labels, taints, allocatable }: NodeOptions): void {
  cluster.system.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: taints ? { taints } : {},
  });
  cluster.system.patchStatus('nodes', '', name, {
    allocatable: { cpu: '2', memory: '4Gi', pods: '110', ...allocatable },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
  });
}

let lastAddress = 0;

export function running(pod: ApiObject): object {
  lastAddress += 1;
  const podIP = `10.1.${lastAddress >> 8}.${lastAddress & 255}`;
  const startedAt = new Date().toISOString();
  const { containers } = pod['spec'] as PodSpec;
  return {
    phase: 'Running',
    startTime: startedAt,
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: startedAt,
    })),
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      ready: true,
      restartCount: 0,
      state: { running: { startedAt } },
    })),
  };
}

// One emulated node: registers itself, and runs as local processes the pods that are bound to it. Users,
// capabilities, read-only file systems and resource limits are not emulated: every container runs as
// whoever runs the sandbox.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import type { EmulatedCluster } from '../api/index.ts';
import { apiTime } from '../api/object.ts';
import { PodAddresses } from './addresses.ts';
import { eventRecorder } from './events.ts';
import type { Pod } from './pod.ts';
import { PodLife } from './pod-life.ts';
import { writeHostPrograms } from './programs.ts';
import type { Reaper } from './reaper.ts';

/** What a kubelet asks of the cluster. */
export type NodeCluster = Pick<
  EmulatedCluster,
  'store' | 'logs' | 'issueToken' | 'setPodStatus' | 'removePod'
>;

export interface NodeOptions {
  name: string;
  cluster: NodeCluster;
  api: { host: string; port: number };
  /** Of this node's emulated instance metadata service. */
  imds: { address: string; port: number };
  /** Such as 127.1.0.1; its pods have 127.1.1.1 and on. */
  hostIp: string;
  /** The sandbox's own; the node makes one in it. */
  folder: string;
  /** Holds the programs of tools/ as one file each, as scripts/sandbox-tools.ts makes them. */
  tools: string;
  reaper: Reaper;
  labels?: Record<string, string>;
  providerId?: string;
}

export interface EmulatedNode {
  name: string;
  hostIp: string;
  /** Holds its rules and its pods' files. */
  folder: string;
  /** Ends every pod at once, without their grace, and leaves the cluster. */
  close(): Promise<void>;
}

export function startEmulatedNode(options: NodeOptions): EmulatedNode {
  const { name, cluster, tools, hostIp, reaper } = options;
  const nodeFolder = join(options.folder, 'nodes', hostIp);
  const hostRoot = join(nodeFolder, 'root');
  mkdirSync(hostRoot, { recursive: true });
  writeHostPrograms(hostRoot, nodeFolder, tools);
  const podIps = new PodAddresses(hostIp);
  const lives = new Map<string, { life: PodLife; ip: string | null; ending: Promise<void> | null }>();
  const record = eventRecorder(cluster.store, name);

  const start = (pod: Pod): void => {
    const ip = pod.spec.hostNetwork ? null : podIps.take();
    const context = {
      ...{ cluster, api: options.api, record, reaper, tools, nodeFolder, hostRoot, hostIp },
      ...{ podIp: ip ?? hostIp, imds: options.imds, sandboxFolder: options.folder },
    };
    lives.set(pod.metadata.uid!, { life: new PodLife(pod, context), ip, ending: null });
  };
  const end = (uid: string, graceSeconds: number | undefined): Promise<void> => {
    const entry = lives.get(uid);
    if (!entry) return Promise.resolve();
    entry.ending ??= entry.life.end(graceSeconds).then(() => {
      lives.delete(uid);
      cluster.logs.forget(uid);
      if (entry.ip !== null) podIps.give(entry.ip);
    });
    return entry.ending;
  };
  const see = (pod: Pod, isDeleted: boolean): void => {
    if (pod.spec.nodeName !== name) return;
    const uid = pod.metadata.uid!;
    if (isDeleted) void end(uid, 0);
    else if (pod.metadata.deletionTimestamp) {
      if (!lives.has(uid)) cluster.removePod(pod.metadata.namespace ?? '', pod.metadata.name);
      else void end(uid, pod.metadata.deletionGracePeriodSeconds);
    } else if (!lives.has(uid) && !isEnded(pod)) start(pod);
  };

  cluster.store.put('nodes', nodeObject(options));
  const unwatch = cluster.store.watch('pods', (change) =>
    see(change.object as Pod, change.type === 'DELETED'),
  );
  for (const pod of cluster.store.list('pods')) see(pod as Pod, false);
  return {
    name,
    hostIp,
    folder: nodeFolder,
    async close() {
      unwatch();
      await Promise.all([...lives.keys()].map((uid) => end(uid, 0)));
      cluster.store.delete('nodes', '', name);
    },
  };
}

const isEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function nodeObject({
  name,
  hostIp,
  labels = {},
  providerId,
  cluster,
}: NodeOptions): Parameters<NodeCluster['store']['put']>[1] {
  const now = apiTime(Date.now());
  const room = { cpu: '8', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  const condition = (type: string, status: string, reason: string, message: string): object => ({
    ...{ type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now },
  });
  const before = cluster.store.get('nodes', '', name);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: before?.metadata.uid ?? randomUUID(),
      creationTimestamp: now,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
        ...labels,
      },
    },
    spec: providerId ? { providerID: providerId } : {},
    status: {
      addresses: [
        { type: 'InternalIP', address: hostIp },
        { type: 'Hostname', address: name },
      ],
      capacity: room,
      allocatable: room,
      conditions: [
        condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: arch() === 'x64' ? 'amd64' : arch(),
        operatingSystem: 'linux',
        osImage: 'pod-iam sandbox',
        kernelVersion: release(),
        containerRuntimeVersion: 'sandbox://1',
        kubeletVersion: 'v1.35.0',
      },
    },
  };
}

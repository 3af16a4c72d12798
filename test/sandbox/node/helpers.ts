// A node with a bare store around it, for tests of the kubelet: pods are put into the store as if a
// scheduler had bound them.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PodLogs } from '../../../src/sandbox/api/logs.ts';
import type { ApiObject } from '../../../src/sandbox/api/object.ts';
import { Store } from '../../../src/sandbox/api/store/store.ts';
import { claimHosts } from '../../../src/sandbox/node/addresses.ts';
import { type EmulatedNode, type NodeCluster, startEmulatedNode } from '../../../src/sandbox/node/node.ts';
import type { ContainerState, Pod, PodSpec } from '../../../src/sandbox/node/pod.ts';
import { startReaper } from '../../../src/sandbox/node/reaper.ts';
import { tools } from './tools.ts';

export interface TestNodes {
  cluster: NodeCluster;
  nodes: EmulatedNode[];
  folder: string;
  put(kind: 'ConfigMap' | 'Secret', name: string, content: object): void;
  start(name: string, spec: Partial<PodSpec>, metadata?: Partial<ApiObject['metadata']>): Pod;
  /** Waits until the pod is as wanted, and fails with its status when it never is. */
  until(pod: Pod, isWanted: (pod: Pod) => boolean, ms?: number): Promise<Pod>;
  /** Runs a script to its end and returns what it printed. */
  output(spec: Partial<PodSpec>, script: string): Promise<string>;
  log(pod: Pod, container?: string): string;
  events(pod: Pod): string[];
  remove(pod: Pod, graceSeconds?: number): void;
  close(): Promise<void>;
}

export const phase =
  (wanted: string) =>
  (pod: Pod): boolean =>
    pod.status?.phase === wanted;

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** A zombie is not: whoever is process 1 here may be slow to bury it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export async function startNodes(count = 1, imds = { address: '127.0.0.1', port: 1 }): Promise<TestNodes> {
  const store = new Store();
  const cluster: NodeCluster = {
    store,
    logs: new PodLogs(),
    issueToken: () => randomBytes(24).toString('base64url'),
    setPodStatus: (namespace, name, status) =>
      store.put('pods', { ...store.get('pods', namespace, name)!, status }),
    removePod: (namespace, name) => store.delete('pods', namespace, name) !== null,
  };
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-node-'));
  const reaper = startReaper(folder, tools);
  const { hosts, release } = await claimHosts(count);
  const nodes = hosts.map((hostIp, index) =>
    startEmulatedNode({
      ...{ name: `node-${index + 1}`, cluster, api: { host: '127.0.0.2', port: 6443 }, imds },
      ...{ hostIp, folder, tools, reaper },
    }),
  );
  const get = (pod: Pod): Pod | null =>
    cluster.store.get('pods', pod.metadata.namespace!, pod.metadata.name) as Pod | null;
  const world: TestNodes = {
    cluster,
    nodes,
    folder,
    put: (kind, name, content) => {
      const key = `${kind.toLowerCase()}s`;
      cluster.store.put(key, { apiVersion: 'v1', kind, metadata: { name, namespace: 'test' }, ...content });
    },
    start: (name, spec, metadata = {}) =>
      cluster.store.put('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'test', uid: randomUUID(), ...metadata },
        spec: { nodeName: 'node-1', containers: [], ...spec },
        status: { phase: 'Pending' },
      }) as Pod,
    until: async (pod, isWanted, ms = 30_000) => {
      const deadline = Date.now() + ms;
      for (;;) {
        const now = get(pod);
        if (now && isWanted(now)) return now;
        if (Date.now() > deadline) {
          throw new Error(`the pod never came so far: ${JSON.stringify(now?.status, null, 1)}`);
        }
        await sleep(20);
      }
    },
    output: async (spec, script) => {
      const container = { name: 'main', image: 'busybox:1', command: ['sh', '-c', script] };
      const [first, ...others] = spec.containers ?? [];
      const pod = world.start(`run-${randomUUID().slice(0, 8)}`, {
        restartPolicy: 'Never',
        ...spec,
        containers: [{ ...container, ...first }, ...others],
      });
      await world.until(pod, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
      return world.log(pod);
    },
    log: (pod, container = 'main') => cluster.logs.read(pod.metadata.uid!, container) ?? '',
    events: (pod) =>
      cluster.store
        .list('events')
        .filter((event) => (event['involvedObject'] as { uid: string }).uid === pod.metadata.uid)
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    remove: (pod, graceSeconds) => {
      const now = get(pod)!;
      const metadata = {
        ...now.metadata,
        deletionTimestamp: new Date().toISOString(),
        ...(graceSeconds === undefined ? {} : { deletionGracePeriodSeconds: graceSeconds }),
      };
      cluster.store.put('pods', { ...now, metadata });
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await reaper.close();
      await release();
    },
  };
  return world;
}

/** A container of one script. */
export const shell = (script: string, rest: object = {}): object => ({
  name: 'main',
  image: 'busybox:1',
  command: ['sh', '-c', script],
  ...rest,
});

/** Of the pod's first container. */
export const state = (pod: Pod): ContainerState => pod.status!.containerStatuses![0]!.state;
export const waiting = (pod: Pod): string | undefined => state(pod).waiting?.reason;

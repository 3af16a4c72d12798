// Objects as rows, for clients that ask for them so: what `kubectl get` prints of the common kinds.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
import { isReady, podSpec, podStatus } from '../controllers/pods.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceType } from '../resources.ts';

type Cell = string | number;
type Column = [name: string, type: 'string' | 'integer', cell: (object: ApiObject) => Cell];

export const wantsTable = (accept: string | undefined): boolean => accept?.includes('as=Table') ?? false;

/** Null for kinds without columns of their own, which clients then print by name and age. */
export function tableOf(type: ResourceType, objects: ApiObject[], metadata: object): object | null {
  const own = columns[type.key];
  if (!own) return null;
  const all: Column[] = [
    ['Name', 'string', ({ metadata: { name } }) => name],
    ...own,
    ['Age', 'string', age],
  ];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: all.map(([name, kind]) => ({
      name,
      type: kind,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: all.map(([, , cell]) => cell(object)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

const integer = (name: string, read: (object: ApiObject) => unknown): Column => [
  name,
  'integer',
  (object) => Number(read(object) ?? 0),
];
const text = (name: string, read: (object: ApiObject) => unknown): Column => [
  name,
  'string',
  (object) => String(read(object) ?? ''),
];

const part = (object: ApiObject, field: 'spec' | 'status'): Record<string, unknown> =>
  (object[field] ?? {}) as Record<string, unknown>;
const ofTotal = (ready: unknown, total: unknown): string => `${ready ?? 0}/${total ?? 0}`;

const columns: Record<string, Column[]> = {
  pods: [
    text('Ready', (pod) =>
      ofTotal(containersOf(pod).filter(({ ready }) => ready).length, podSpec(pod).containers.length),
    ),
    text('Status', podWord),
    integer('Restarts', (pod) =>
      containersOf(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ),
    text('IP', (pod) => part(pod, 'status')['podIP'] ?? '<none>'),
    text('Node', (pod) => podSpec(pod).nodeName ?? '<none>'),
  ],
  nodes: [
    text('Status', (node) => (isReady(node) ? 'Ready' : 'NotReady')),
    text('Internal-IP', (node) => addressOf(node) ?? '<none>'),
  ],
  namespaces: [text('Status', (namespace) => part(namespace, 'status')['phase'])],
  'daemonsets.apps': [
    integer('Desired', (set) => part(set, 'status')['desiredNumberScheduled']),
    integer('Current', (set) => part(set, 'status')['currentNumberScheduled']),
    integer('Ready', (set) => part(set, 'status')['numberReady']),
    integer('Up-to-date', (set) => part(set, 'status')['updatedNumberScheduled']),
    integer('Available', (set) => part(set, 'status')['numberAvailable']),
  ],
  'deployments.apps': [
    text('Ready', (each) => ofTotal(part(each, 'status')['readyReplicas'], part(each, 'spec')['replicas'])),
    integer('Up-to-date', (each) => part(each, 'status')['updatedReplicas']),
    integer('Available', (each) => part(each, 'status')['availableReplicas']),
  ],
  'statefulsets.apps': [
    text('Ready', (each) => ofTotal(part(each, 'status')['readyReplicas'], part(each, 'spec')['replicas'])),
  ],
  'replicasets.apps': [
    integer('Desired', (set) => part(set, 'spec')['replicas']),
    integer('Current', (set) => part(set, 'status')['replicas']),
    integer('Ready', (set) => part(set, 'status')['readyReplicas']),
  ],
  'jobs.batch': [
    text('Completions', (job) => ofTotal(part(job, 'status')['succeeded'], part(job, 'spec')['completions'])),
  ],
  configmaps: [
    integer(
      'Data',
      (map) => Object.keys({ ...(map['data'] as object), ...(map['binaryData'] as object) }).length,
    ),
  ],
  secrets: [
    text('Type', (secret) => secret['type']),
    integer('Data', (secret) => Object.keys((secret['data'] ?? {}) as object).length),
  ],
  events: [
    text('Type', (event) => event['type']),
    text('Reason', (event) => event['reason']),
    text('Object', (event) => {
      const { kind, name } = event['involvedObject'] as { kind?: string; name?: string };
      return `${kind?.toLowerCase()}/${name}`;
    }),
    text('Message', (event) => event['message']),
  ],
};

interface ContainerStatus {
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string }; terminated?: { reason?: string } };
}

const containersOf = (pod: ApiObject): ContainerStatus[] =>
  (part(pod, 'status')['containerStatuses'] ?? []) as ContainerStatus[];

// One word for how a pod is: what keeps a container from running says more than the phase.
function podWord(pod: ApiObject): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  const { phase = 'Unknown' } = podStatus(pod);
  if (phase === 'Succeeded') return 'Completed';
  const reasons = containersOf(pod).map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason);
  return reasons.find((reason) => reason !== undefined) ?? (phase === 'Failed' ? 'Error' : phase);
}

const addressOf = (node: ApiObject): string | undefined => {
  const addresses = (part(node, 'status')['addresses'] ?? []) as { type: string; address: string }[];
  return addresses.find(({ type }) => type === 'InternalIP')?.address;
};

function age({ metadata }: ApiObject): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(metadata.creationTimestamp ?? '')) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

// The truth of the model's world: pods, the addresses that the network has really given them, and what
// the API server says of both, which may come late. Every change of the API's objects is numbered.
import { EXTERNAL_ID_KEY, LIST_KEY, ROLE_KEY } from './rules.ts';

export const NODE = 'node-1';
export const HOST_ADDRESS = '10.9.0.250';
/** Few, so that they are used again soon. Each has an IPv6 sister. */
const POOL = ['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4', '10.9.0.5'];
export const sisterOf = (address: string): string =>
  `2001:db8::${address.slice(address.lastIndexOf('.') + 1)}`;
/** As an API server may write it. */
const oddSpelling = (address: string): string => address.replace('2001:db8::', '2001:DB8:0:0:0:0:0:');
/** Addresses that requests come from; the last was never given to anybody. */
export const ADDRESSES = [...POOL, ...POOL.map(sisterOf), HOST_ADDRESS, '10.9.0.99'];

export interface Pod {
  uid: string;
  name: string;
  namespace: string;
  node: string;
  hostNetwork: boolean;
  created: number;
  annotations: Record<string, string>;
  phase: 'Pending' | 'Running' | 'Succeeded';
  isTerminating: boolean;
  /** What it has on the network now. */
  real: string[];
  /** What it has had in all its life. */
  had: Set<string>;
  /** What the kubelet has reported. */
  reported: string[];
  /** Its containers have ended. */
  hasEnded: boolean;
}

export type Resource = 'pods' | 'namespaces';
export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  version: number;
  resource: Resource;
  type: EventType;
  object: ApiObject;
}

export interface ApiObject {
  metadata: Record<string, unknown> & { name: string; uid: string };
  [field: string]: unknown;
}

export class Cluster {
  readonly pods = new Map<string, Pod>();
  /** Name to allow-list text. */
  readonly namespaces = new Map<string, string | null>();
  readonly history: Change[] = [];
  version = 100;
  onChange: (change: Change) => void = () => {};
  #count = 0;

  create(options: Pick<Pod, 'namespace' | 'node' | 'hostNetwork' | 'annotations'>): void {
    const uid = `uid-${++this.#count}`;
    // Names are used again, as a StatefulSet's are.
    const name = `pod-${this.#count % 7}`;
    if ([...this.pods.values()].some((pod) => pod.name === name && pod.namespace === options.namespace))
      return;
    const pod: Pod = {
      ...options,
      uid,
      name,
      created: this.#count,
      phase: 'Pending',
      isTerminating: false,
      real: options.hostNetwork ? [HOST_ADDRESS] : [],
      had: new Set(),
      reported: [],
      hasEnded: false,
    };
    this.pods.set(uid, pod);
    this.#tell('ADDED', pod);
  }

  /** The network plugin gives a pod an address that nobody has. */
  connect(pod: Pod, nth: number): void {
    if (pod.hostNetwork || pod.real.length > 0 || pod.hasEnded) return;
    const taken = new Set([...this.pods.values()].flatMap(({ real }) => real));
    // Not one that it had before: where the status names it before and after, and a list is all that was
    // heard, nobody could tell that another pod had it in between.
    const free = POOL.filter((address) => !taken.has(address) && !pod.had.has(address));
    if (free.length === 0) return;
    const address = free[nth % free.length]!;
    pod.had.add(address);
    pod.real = pod.created % 3 === 0 ? [address, sisterOf(address)] : [address];
  }

  /** The sandbox has died: the pod gets another address, and the API hears of it later. */
  reconnect(pod: Pod, nth: number): void {
    if (pod.hostNetwork || pod.real.length === 0) return;
    pod.real = [];
    this.connect(pod, nth);
  }

  /** The containers end; the network takes its addresses back. */
  end(pod: Pod): void {
    pod.hasEnded = true;
    pod.real = [];
  }

  /** The kubelet reports. A finished pod keeps its last address in its status. */
  report(pod: Pod): void {
    if (pod.hasEnded) pod.phase = 'Succeeded';
    else if (pod.real.length > 0) Object.assign(pod, { phase: 'Running', reported: pod.real });
    this.#tell('MODIFIED', pod);
  }

  change(pod: Pod, values: Partial<Pod>): void {
    Object.assign(pod, values);
    this.#tell('MODIFIED', pod);
  }

  /** From the API; by force also while it still runs. */
  remove(pod: Pod, isForced: boolean): void {
    if (!isForced) this.end(pod);
    this.pods.delete(pod.uid);
    this.#tell('DELETED', pod);
  }

  setNamespace(name: string, list: string | null): void {
    const type = this.namespaces.has(name) ? 'MODIFIED' : 'ADDED';
    this.namespaces.set(name, list);
    this.#push('namespaces', type, namespaceObject(name, list));
  }

  removeNamespace(name: string): void {
    if (!this.namespaces.has(name)) return;
    this.namespaces.delete(name);
    this.#push('namespaces', 'DELETED', namespaceObject(name, null));
  }

  /** Who really has an address. */
  holderOf(address: string): Pod | null {
    for (const pod of this.pods.values()) if (!pod.hostNetwork && pod.real.includes(address)) return pod;
    return null;
  }

  list(resource: Resource): ApiObject[] {
    return resource === 'pods'
      ? [...this.pods.values()].map(podObject)
      : [...this.namespaces].map(([name, list]) => namespaceObject(name, list));
  }

  #tell(type: EventType, pod: Pod): void {
    this.#push('pods', type, podObject(pod));
  }

  #push(resource: Resource, type: EventType, object: ApiObject): void {
    this.version++;
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    const change: Change = { version: this.version, resource, type, object: { ...object, metadata } };
    this.history.push(change);
    this.onChange(change);
  }
}

function podObject(pod: Pod): ApiObject {
  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1) + pod.created * 1000).toISOString(),
      annotations: { ...pod.annotations },
      ...(pod.isTerminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { nodeName: pod.node, hostNetwork: pod.hostNetwork },
    status: {
      phase: pod.phase,
      ...(pod.reported.length > 0 && {
        podIP: pod.reported[0],
        podIPs: pod.reported.map((ip) => ({ ip: oddSpelling(ip) })),
      }),
    },
  };
}

const namespaceObject = (name: string, list: string | null): ApiObject => ({
  metadata: { name, uid: `ns-${name}`, annotations: list === null ? {} : { [LIST_KEY]: list } },
});

export const annotationsFor = (role: string | null, externalId: string | null): Record<string, string> => ({
  ...(role !== null && { [ROLE_KEY]: role }),
  ...(externalId !== null && { [EXTERNAL_ID_KEY]: externalId }),
});

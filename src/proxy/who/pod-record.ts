// What the daemon keeps of a pod: about 1 KiB instead of the 30 that the whole object takes.
import { isIP } from 'node:net';
import { type Annotations, SESSION_NAME_KEY } from '../../model/annotations.ts';
import { isOnNode } from '../host-addresses.ts';
import { canonicalAddress } from './address.ts';

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  node: string | null;
  serviceAccount: string;
  /** All addresses, each in one spelling. */
  addresses: string[];
  /** The addresses are the network plugin's word; the kubelet has not reported them yet. */
  isEarly: boolean;
  hostNetwork: boolean;
  /** Has a projected token for the container credentials. */
  mountsToken: boolean;
  /** Succeeded or Failed: its address may already belong to another. */
  isFinished: boolean;
  isTerminating: boolean;
  /** When it was given its addresses, as far as is known: decides between two in one list. */
  addressedAtMs: number;
  /** Only those by which a role is decided. */
  annotations: Annotations;
  /** A Docker container stands here in a pod's place. */
  kind?: 'container';
}

/** In log lines. */
export const nameOf = ({ kind, namespace, name }: PodRecord): Record<string, string> =>
  kind === 'container' ? { container: name } : { namespace, pod: name };

interface PodObject {
  metadata?: null | {
    uid?: string;
    namespace?: string;
    name?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string | null;
    annotations?: null | Record<string, string>;
  };
  spec?: null | {
    nodeName?: string;
    serviceAccountName?: string;
    hostNetwork?: boolean;
    volumes?: null | { projected?: { sources?: { serviceAccountToken?: { audience?: string } }[] } }[];
  };
  status?: null | {
    phase?: string;
    podIP?: string;
    podIPs?: { ip?: string }[];
    startTime?: string;
    conditions?: null | { type?: string; status?: string; lastTransitionTime?: string }[];
  };
}

export interface RecordOptions {
  /** Annotations that are kept, besides the session name. */
  annotations: readonly string[];
  /** Whether the network plugin's word on the address counts. */
  announced: boolean;
  /** Of the container credentials' tokens; null when they are off. */
  audience: string | null;
  /** Whose pods are kept, whatever the server sends; all pods when it is left out or null. */
  node?: string | null;
}

/** Reads a pod as the API sends it; null for what has no UID, and for a pod of another node. */
export function podRecord(object: unknown, options: RecordOptions): PodRecord | null {
  // Null stands for what is left out: one odd object must not end the watch of all.
  const { metadata: given, spec: wanted, status: seen } = (object ?? {}) as PodObject;
  const [metadata, spec, status] = [given ?? {}, wanted ?? {}, seen ?? {}];
  if (!metadata.uid) return null;
  if (options.node && spec.nodeName && spec.nodeName !== options.node) return null;
  const reported = [status.podIP, ...(status.podIPs ?? []).map(({ ip }) => ip)].filter(isText);
  const isEarly = options.announced && reported.length === 0;
  const network = (status.conditions ?? []).find(({ type }) => type === 'PodReadyToStartContainers');
  // Once its network is gone, the kubelet goes on reporting the addresses, which may be another's by then.
  // https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-has-network
  const own = network?.status === 'False' ? [] : reported;
  const addresses = isEarly ? announced(metadata.annotations ?? {}) : own;
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    node: spec.nodeName ?? null,
    serviceAccount: spec.serviceAccountName ?? 'default',
    addresses: [...new Set(addresses.map(canonicalAddress))],
    isEarly,
    hostNetwork: spec.hostNetwork === true,
    mountsToken: options.audience !== null && hasTokenFor(options.audience, spec),
    isFinished: status.phase === 'Succeeded' || status.phase === 'Failed',
    isTerminating: Boolean(metadata.deletionTimestamp),
    // Since when its network has stood, where the kubelet tells; else since when it has been here at all.
    addressedAtMs:
      Date.parse(network?.lastTransitionTime ?? status.startTime ?? metadata.creationTimestamp ?? '') || 0,
    annotations: pick(metadata.annotations ?? {}, [...options.annotations, SESSION_NAME_KEY]),
  };
}

const hasTokenFor = (audience: string, { volumes }: NonNullable<PodObject['spec']>): boolean =>
  (volumes ?? []).some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken?.audience === audience),
  );

const isText = (text: unknown): text is string => typeof text === 'string' && text !== '';

// The kubelet reports an address up to a second after the containers have started, when most SDKs
// have given up. Calico and the VPC CNI (with ANNOTATE_POD_IP) write it to the pod before they start.
// The node's own addresses are no pod's. https://github.com/aws/amazon-vpc-cni-k8s#annotate_pod_ip-v193
function announced(annotations: Record<string, string>): string[] {
  const text = annotations['cni.projectcalico.org/podIPs'] ?? annotations['vpc.amazonaws.com/pod-ips'] ?? '';
  return text
    .split(',')
    .map((entry) => entry.trim().replace(/\/(?:32|128)$/, ''))
    .filter((entry) => isIP(entry) !== 0 && !isOnNode(entry));
}

/** Above the longest role ARN and external id that AWS takes; an annotation may have 256 KiB, on each of 250 pods. */
const MAX_LENGTH = 2_048;

/** What is longer names nothing, and must not name anything once it is cut. A copy, or the whole would be kept. */
const cut = (value: string): string =>
  value.length <= MAX_LENGTH ? value : Buffer.from(`${value.slice(0, MAX_LENGTH)}…`).toString();

function pick(annotations: Record<string, string>, keys: readonly string[]): Annotations {
  const kept: Record<string, string> = {};
  for (const key of keys) {
    const value = annotations[key];
    if (typeof value === 'string') kept[key] = cut(value);
  }
  return kept;
}

// Reads a node, and says why no DaemonSet can serve it where that is so.
import type { NodeFact } from '../../model/snapshot.ts';
import type { KubeObject } from '../kube.ts';

export function nodeFact(node: KubeObject): NodeFact {
  const spec = (node.spec ?? {}) as {
    unschedulable?: boolean;
    taints?: NodeFact['taints'];
    providerID?: string;
  };
  const status = (node.status ?? {}) as {
    addresses?: { type: string; address: string }[];
    conditions?: { type: string; status: string }[];
    nodeInfo?: { operatingSystem?: string };
  };
  const labels = node.metadata.labels ?? {};
  const os = labels['kubernetes.io/os'] ?? status.nodeInfo?.operatingSystem ?? 'linux';
  return {
    name: node.metadata.name,
    internalIps: (status.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address),
    ready: (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
    schedulable: spec.unschedulable !== true,
    os,
    labels,
    taints: (spec.taints ?? []).map(({ key, value, effect }) => ({
      key,
      ...(value !== undefined && { value }),
      effect,
    })),
    notServable: notServable(labels, os),
    providerId: spec.providerID ?? null,
  };
}

function notServable(labels: Readonly<Record<string, string>>, os: string): string | null {
  // https://docs.aws.amazon.com/eks/latest/userguide/fargate.html: no DaemonSets, no host network, no IMDS.
  if (labels['eks.amazonaws.com/compute-type'] === 'fargate')
    return 'Fargate runs no DaemonSets; use IRSA there';
  if (labels.type === 'virtual-kubelet' || labels['kubernetes.io/role'] === 'virtual-node')
    return 'a virtual node has no network of its own to redirect';
  if (os !== 'linux') return `the redirect needs Linux, and the node runs ${os}`;
  return null;
}

// The downward API: what a pod may be told about itself.
// https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
import type { Pod } from './pod.ts';

export interface PodPlace {
  podIp: string;
  hostIp: string;
}

/** Null for a path that the API does not know. */
export function readField(path: string, pod: Pod, place: PodPlace): string | null {
  const entry = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path);
  if (entry) return pod.metadata[entry[1] as 'annotations' | 'labels']?.[entry[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return keyLines(pod.metadata.labels);
    case 'metadata.annotations':
      return keyLines(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIp;
    default:
      return null;
  }
}

const keyLines = (map: Record<string, string> = {}): string =>
  Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

// What the daemon keeps of a pod: about 1 KiB instead of the 30 that the whole object takes.
import { type Annotations, SESSION_NAME_KEY } from '../../model/annotations.ts';
import { canonicalAddress } from './address.ts';

export interface PodRecord {
  uid: string;
  namespace: string;
  name: string;
  node: string | null;
  /** All addresses, each in one spelling. */
  addresses: string[];
  hostNetwork: boolean;
  /** Succeeded or Failed: its address may already belong to another. */
  isFinished: boolean;
  isTerminating: boolean;
  createdAtMs: number;
  /** Only those by which a role is decided. */
  annotations: Annotations;
}

interface PodObject {
  metadata?: {
    uid?: string;
    namespace?: string;
    name?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    annotations?: Record<string, string>;
  };
  spec?: { nodeName?: string; hostNetwork?: boolean };
  status?: { phase?: string; podIP?: string; podIPs?: { ip?: string }[] };
}

/** Reads a pod as the API sends it; null for what has no UID. */
export function podRecord(object: unknown, keptAnnotations: readonly string[]): PodRecord | null {
  const { metadata = {}, spec = {}, status = {} } = object as PodObject;
  if (!metadata.uid) return null;
  const addresses = [status.podIP, ...(status.podIPs ?? []).map(({ ip }) => ip)]
    .filter((ip) => typeof ip === 'string' && ip !== '')
    .map((ip) => canonicalAddress(ip!));
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    node: spec.nodeName ?? null,
    addresses: [...new Set(addresses)],
    hostNetwork: spec.hostNetwork === true,
    isFinished: status.phase === 'Succeeded' || status.phase === 'Failed',
    isTerminating: metadata.deletionTimestamp !== undefined,
    createdAtMs: Date.parse(metadata.creationTimestamp ?? '') || 0,
    annotations: pick(metadata.annotations ?? {}, [...keptAnnotations, SESSION_NAME_KEY]),
  };
}

function pick(annotations: Record<string, string>, keys: readonly string[]): Annotations {
  const kept: Record<string, string> = {};
  for (const key of keys) {
    const value = annotations[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

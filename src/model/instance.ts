// Which EC2 instance a node is, by what its kubelet or cloud controller wrote down of it.
import type { NodeFact } from './snapshot.ts';

/** Null for a node that is no EC2 instance, or does not tell its region. */
export function instanceOf({ providerId, labels }: NodeFact): { id: string; region: string } | null {
  const [, zone = '', id] = /^aws:\/\/[^/]*\/([a-z0-9-]+)\/(i-[0-9a-f]+)$/.exec(providerId ?? '') ?? [];
  if (id === undefined) return null;
  // Zones are named after their region: eu-west-1a, us-west-2-lax-1a.
  const region = labels['topology.kubernetes.io/region'] ?? /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0];
  return region === undefined ? null : { id, region };
}

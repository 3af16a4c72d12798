// Ties the addresses of pods to ports of bridges, by what the network plugin has recorded.
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Family } from '../rule.ts';
import type { Attachment } from './records.ts';

/**
 * Elements of the sets in the packet filter, by how nft prints them; the value is how they are given to
 * it. A port is known to the kernel by its index, which is never used again, and printed by its name.
 */
export interface Bindings {
  ports: Map<string, string>;
  pairs: Record<Family, Map<string, string>>;
  /** Addresses that belong to one of the ports. */
  owned: Record<Family, Map<string, string>>;
}

/** @param indexOf the index of an interface that is a port of a bridge now; null for any other name */
export function bindingsOf(
  attachments: readonly Attachment[],
  indexOf: (name: string) => number | null,
): Bindings {
  const bindings: Bindings = {
    ports: new Map(),
    pairs: { ipv4: new Map(), ipv6: new Map() },
    owned: { ipv4: new Map(), ipv6: new Map() },
  };
  for (const { name, addresses } of attachments) {
    // What is left of a pod that is gone has no interface any more.
    const index = indexOf(name);
    if (index === null) continue;
    bindings.ports.set(`"${name}"`, String(index));
    for (const address of addresses) {
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      bindings.pairs[family].set(`"${name}" . ${address}`, `${index} . ${address}`);
      bindings.owned[family].set(address, address);
    }
  }
  return bindings;
}

/** Looks an interface up where the kernel tells of them. */
export function bridgePortIndex(name: string, folder = '/sys/class/net'): number | null {
  if (!/^[^/\s]{1,15}$/.test(name) || name.startsWith('.')) return null;
  try {
    if (!existsSync(join(folder, name, 'brport'))) return null;
    return Number(readFileSync(join(folder, name, 'ifindex'), 'utf8'));
  } catch {
    return null;
  }
}

// What a process of the sandbox knows of its place: its addresses, its node and its mounts.
// Handed over in one environment variable, which the wrappers of its programs set.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount } from './mounts.ts';
import type { Ruleset } from './nftables.ts';

export const NAMESPACE_VARIABLE = 'POD_IAM_SANDBOX_NAMESPACE';

export interface Namespace {
  /** The pod's address, or the host's for host processes and pods of the host's network. */
  address: string;
  /** What 127.0.0.1 stands for here. */
  loopback: string;
  isPod: boolean;
  hostAddress: string;
  /** Holds nft.json; its siblings are the other nodes', each named by its host address. */
  nodeFolder: string;
  imds: { address: string; port: number };
  /** Folders of this machine, not of the container: the sandbox's own, and its programs'. */
  outside: readonly string[];
  mounts: readonly Mount[];
}

export const readNamespace = (text: string): Namespace => JSON.parse(text) as Namespace;

/** Addresses of pods and hosts are 127.1.x.y to 127.99.x.y; a hundred more is that one's own loopback. */
export function loopbackOf(address: string): string {
  const parts = address.split('.');
  parts[1] = String(Number(parts[1]) + 100);
  return parts.join('.');
}

/** The rules of a node; no file is no rule. */
export function readRules(nodeFolder: string): Ruleset {
  try {
    return JSON.parse(readFileSync(rulesFile(nodeFolder), 'utf8')) as Ruleset;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { tables: [] };
    throw error;
  }
}

/** The rules of the node that owns an address; null when none does. */
export function rulesOfHost(space: Namespace, address: string): Ruleset | null {
  const folder = join(dirname(space.nodeFolder), address);
  return existsSync(folder) ? readRules(folder) : null;
}

export const rulesFile = (nodeFolder: string): string => join(nodeFolder, 'nft.json');

/** Grows by one byte per packet, which needs no lock; its size is the count. */
export const counterFile = (nodeFolder: string, chain: string, index: number): string =>
  join(nodeFolder, `nft.count.${chain}.${index}`);

// What the redirect is to do, free of any packet filter's language.
import { CONTAINER_IPV4, CONTAINER_IPV6 } from '../../model/container-credentials.ts';
import { METADATA_IPV4, METADATA_IPV6 } from '../../model/on-node.ts';
import type { HostAddresses } from '../host-addresses.ts';

export type Family = keyof HostAddresses;
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

export interface RedirectRule {
  /** Addresses of the node on which the daemon listens. */
  hosts: HostAddresses;
  port: number;
  /** The intercepted IPv4 address. */
  metadataAddress: string;
  /**
   * Interface of the pods, a `+` at its end standing for any rest, a `!` before it for all others; null
   * for all.
   */
  hostInterface: string | null;
  /** Whether the address of the container credentials is led to the daemon as well. */
  containerCredentials: boolean;
  /** Ids of the only users who reach the real service from the node's own network; null for no fence. */
  fence: readonly number[] | null;
}

/** The daemon's user in its container. */
export const DAEMON_UID = 65_532;

/** @param users more ids with a comma between; null when there is no fence */
export function fenceOf(isOn: boolean, users: string | null, daemonUid = DAEMON_UID): number[] | null {
  if (!isOn) return null;
  return [...new Set([0, daemonUid, ...(users ? users.split(',').map(Number) : [])])];
}

/** An address that pods ask. */
export interface Endpoint {
  address: string;
  family: Family;
  kind: 'metadata' | 'container';
}

export function endpointsOf({ metadataAddress, containerCredentials }: RedirectRule): Endpoint[] {
  const container: Endpoint[] = [
    { address: CONTAINER_IPV4, family: 'ipv4', kind: 'container' },
    { address: CONTAINER_IPV6, family: 'ipv6', kind: 'container' },
  ];
  return [
    { address: metadataAddress, family: 'ipv4', kind: 'metadata' },
    { address: METADATA_IPV6, family: 'ipv6', kind: 'metadata' },
    ...(containerCredentials ? container : []),
  ];
}

/** Something that is kept in a packet filter. Every function throws a ToolError when its program fails. */
export interface Kept {
  /** Sets the whole anew, or what is missing of it. */
  assert(): Promise<void>;
  /** Null when it is in place as it was set; else what is wrong. */
  check(): Promise<string | null>;
  /** Takes it away, if it is there, and proves by a listing that it is gone. */
  remove(): Promise<void>;
  /** Calls back soon after a check would find something; where that cannot be known, never. */
  watch(onChange: () => void, signal: AbortSignal): void;
}

/** A packet filter that can hold the rule. */
export interface Backend extends Kept {
  name: 'nft' | 'iptables';
  /** That is run for it. */
  program: string;
  /** What of the rule this packet filter could not take and pods can do without; null when there is nothing. */
  readonly lack: string | null;
}

/** The real service's address is what pods ask, unless it was put elsewhere for the daemon alone. */
export function interceptedAddress(metadataAddr: string): string {
  return /^169\.254\.\d{1,3}\.\d{1,3}$/.test(metadataAddr) ? metadataAddr : METADATA_IPV4;
}

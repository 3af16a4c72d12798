// Which addresses of the node pods are led to: those given and, of the other family, the one that the
// node has on the same interface. So both metadata addresses are served on a dual-stack node.
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalAddress } from './who/address.ts';

export interface HostAddresses {
  /** Null where the node has none. */
  ipv4: string | null;
  ipv6: string | null;
}

/** What os.networkInterfaces tells of an address. */
interface InterfaceAddress {
  address: string;
  family: string;
}

/** @param given from --host-ip: at most one of each family */
export function hostAddresses(
  given: readonly string[],
  interfaces: Readonly<Record<string, readonly InterfaceAddress[] | undefined>> = networkInterfaces(),
): HostAddresses {
  const beside =
    Object.values(interfaces).find((all) => all?.some(({ address }) => isSame(address, given[0]))) ?? [];
  const ofFamily = (isFamily: (address: string) => boolean): string | null =>
    [...given, ...beside.map(({ address }) => address).filter(isLasting)].find(isFamily) ?? null;
  return { ipv4: ofFamily(isIPv4), ipv6: ofFamily(isIPv6) };
}

/** Where the daemon listens, the first before all. */
export function bindAddresses(settings: {
  bind: readonly string[] | null;
  hostIps: readonly string[];
}): string[] {
  const { bind, hostIps } = settings;
  if (bind !== null) return [...bind];
  if (hostIps.length === 0) return ['127.0.0.1'];
  return [...new Set([...hostIps, ...listHosts(hostAddresses(hostIps))])];
}

/** Those that there are, IPv4 first. */
export const listHosts = ({ ipv4, ipv6 }: HostAddresses): string[] =>
  [ipv4, ipv6].filter((address) => address !== null);

/** Shared by all that runs on the node's network; with 127.0.0.1 as --host-ip there is no node apart from its pods. */
export const isHostAddress = (address: string, hostIps: readonly string[]): boolean =>
  address !== '127.0.0.1' && listHosts(hostAddresses(hostIps)).includes(address);

/** Whether any interface of the node has this address. */
export const isOnNode = (
  address: string,
  interfaces: Readonly<Record<string, readonly InterfaceAddress[] | undefined>> = networkInterfaces(),
): boolean => Object.values(interfaces).some((all) => all?.some((one) => isSame(one.address, address)));

const isSame = (address: string, given: string | undefined): boolean =>
  given !== undefined && canonicalAddress(address) === canonicalAddress(given);

// Link-local addresses need an interface beside them, and neither rule nor socket here names one.
const isLasting = (address: string): boolean => !/^(?:fe[89ab]|169\.254\.)/i.test(address);

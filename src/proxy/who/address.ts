// One spelling for each IP address, so that a socket's and the API's can be compared as text.
import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Drops the IPv4-in-IPv6 prefix and a zone, and writes IPv6 in its shortest form. */
export function canonicalAddress(text: string): string {
  // A plain IPv4 address has one spelling.
  if (!text.includes(':') && !text.includes('%')) return text;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped && isIPv4(mapped)) return mapped;
  const bare = text.split('%')[0]!;
  return isIPv6(bare) ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

/** The address in `10.0.0.7`, `10.0.0.7:51234`, `fd00::7` and `[fd00::7]:51234`; null where there is none. */
export function readAddress(text: string): string | null {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(text.trim()) ?? [];
  const address = canonicalAddress(bracketed ?? plain ?? text.trim());
  return isIP(address) === 0 ? null : address;
}

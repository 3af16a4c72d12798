// The redirect as rules of iptables: what each says, and in which chain it stands.
import { type Endpoint, endpointsOf, FAMILIES, type Family, type RedirectRule } from '../rule.ts';

export type Table = 'nat' | 'filter';
export const TABLES: readonly Table[] = ['nat', 'filter'];

export interface Entry {
  family: Family;
  table: Table;
  chain: string;
  /** All but our comment. */
  match: string[];
}

/** Requests are led, the daemon's port shut to whatever was not led there, the real service shut. */
export function entriesOf(rule: RedirectRule): Entry[] {
  const { hosts, port } = rule;
  const endpoints = endpointsOf(rule);
  const led = endpoints.filter(({ family }) => hosts[family] !== null);
  const leadingOf = (endpoint: Endpoint, chain: string, from: string[]): Entry => ({
    family: endpoint.family,
    table: 'nat',
    chain,
    match: [
      ...from,
      ...['-d', endpoint.address, ...toPort(80), '-j', 'DNAT', '--to-destination'],
      endpoint.family === 'ipv4' ? `${hosts.ipv4}:${port}` : `[${hosts.ipv6}]:${port}`,
    ],
  });
  const guard = (family: Family): Entry => ({
    family,
    table: 'filter',
    chain: 'INPUT',
    match: [
      ...['!', '-i', 'lo', ...toPort(port)],
      ...led
        .filter((endpoint) => endpoint.family === family)
        .flatMap(({ address }) => ['-m', 'conntrack', '!', '--ctorigdst', address]),
      ...['-j', 'DROP'],
    ],
  });
  return [
    ...endpoints.flatMap(({ family, address }): Entry[] => [
      shut(family, ['-d', address, '-j', 'REJECT']),
      // A reset ends a connection at once; an ICMP error does not when the pod's kernel is still busy with it.
      shut(family, ['-d', address, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset']),
    ]),
    ...FAMILIES.map(guard),
    ...led.map((endpoint) => leadingOf(endpoint, 'PREROUTING', fromInterface(rule))),
    // The node's own network as well: a token tells who asks there.
    ...led.filter(({ kind }) => kind === 'container').map((endpoint) => leadingOf(endpoint, 'OUTPUT', [])),
  ];
}

const shut = (family: Family, match: string[]): Entry => ({
  family,
  table: 'filter',
  chain: 'FORWARD',
  match,
});

const toPort = (port: number): string[] => ['-p', 'tcp', '-m', 'tcp', '--dport', String(port)];

function fromInterface({ hostInterface }: RedirectRule): string[] {
  if (hostInterface === null) return [];
  return hostInterface.startsWith('!') ? ['!', '-i', hostInterface.slice(1)] : ['-i', hostInterface];
}

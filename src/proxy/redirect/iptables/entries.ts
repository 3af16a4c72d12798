// The redirect as rules of iptables: what each says, and in which chain it stands.
import { NEW_CONNECTIONS } from '../limit.ts';
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

/**
 * Requests are led, the daemon's port shut to whatever was not led there, the real service shut. Of the
 * entries of a chain the last comes first.
 * @param isLimited whether an address that opens connections faster than any honest pod is refused
 */
export function entriesOf(rule: RedirectRule, isLimited = true): Entry[] {
  const { hosts, port, fence } = rule;
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
  const guard = (family: Family, chain: string, match: string[]): Entry => ({
    family,
    table: 'filter',
    chain,
    match: [
      ...match,
      ...led
        .filter((endpoint) => endpoint.family === family)
        .flatMap(({ address }) => ['-m', 'conntrack', '!', '--ctorigdst', address]),
      ...['-j', 'DROP'],
    ],
  });
  return [
    ...endpoints.flatMap(({ family, address }) => shut(family, 'FORWARD', ['-d', address])),
    ...FAMILIES.flatMap((family) => [
      ...(isLimited && hosts[family] !== null ? [refuseFlood(family, port)] : []),
      guard(family, 'INPUT', ['!', '-i', 'lo', ...toPort(port)]),
      // What the daemon says reaches only those who were led there, also once a connection's track is lost.
      guard(family, 'OUTPUT', ['!', '-o', 'lo', '-p', 'tcp', '-m', 'tcp', '--sport', String(port)]),
    ]),
    ...endpoints
      .filter(({ kind }) => kind === 'metadata' && fence !== null)
      .flatMap(({ family, address }) => shut(family, 'OUTPUT', ['-d', address, ...others(fence!)])),
    ...led.map((endpoint) => leadingOf(endpoint, 'PREROUTING', fromInterface(rule))),
    // The node's own network as well: a token tells who asks there.
    ...led.filter(({ kind }) => kind === 'container').map((endpoint) => leadingOf(endpoint, 'OUTPUT', [])),
  ];
}

// A reset ends a connection at once; an ICMP error does not when the asker's kernel is still busy with it.
const shut = (family: Family, chain: string, match: string[]): Entry[] => [
  { family, table: 'filter', chain, match: [...match, '-j', 'REJECT'] },
  {
    ...{ family, table: 'filter', chain },
    match: [...match, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'],
  },
];

// Behind what is not led here at all, so that nobody spends what is another's by its address alone.
function refuseFlood(family: Family, port: number): Entry {
  const { perSecond, burst } = NEW_CONNECTIONS;
  const match = [
    ...['!', '-i', 'lo', ...toPort(port), '-m', 'conntrack', '--ctstate', 'NEW'],
    ...['-m', 'hashlimit', '--hashlimit-above', `${perSecond}/sec`, '--hashlimit-burst', String(burst)],
    ...['--hashlimit-mode', 'srcip', '--hashlimit-name', 'pod_iam'],
    ...['-j', 'REJECT', '--reject-with', 'tcp-reset'],
  ];
  return { family, table: 'filter', chain: 'INPUT', match };
}

const others = (users: readonly number[]): string[] =>
  users.flatMap((user) => ['-m', 'owner', '!', '--uid-owner', String(user)]);

const toPort = (port: number): string[] => ['-p', 'tcp', '-m', 'tcp', '--dport', String(port)];

function fromInterface({ hostInterface }: RedirectRule): string[] {
  if (hostInterface === null) return [];
  return hostInterface.startsWith('!') ? ['!', '-i', hostInterface.slice(1)] : ['-i', hostInterface];
}

// The redirect as one nftables script. It declares, deletes and defines a table of our own in one
// transaction, so that setting it twice changes nothing and no packet slips through in between.
import { REDIRECT_TABLE } from '../../model/on-node.ts';
import { NEW_CONNECTIONS } from './limit.ts';
import { type Endpoint, endpointsOf, FAMILIES, type Family, type RedirectRule } from './rule.ts';

/**
 * Requests to the metadata service are led to the daemon; the daemon's port answers nothing that was
 * not led there; and whatever is not led there never reaches the real service. The chains come before
 * kube-proxy's and the CNI's own, which hook in at the plain priorities.
 * @param isLimited whether an address that opens connections faster than any honest pod is refused
 */
export function renderNft(rule: RedirectRule, isLimited = true): string {
  const endpoints = endpointsOf(rule);
  const led = endpoints.filter(({ family }) => rule.hosts[family] !== null);
  const leadingOf = (endpoint: Endpoint): string =>
    `${daddr(endpoint)} tcp dport 80 counter dnat ${word(endpoint)} to ${destination(endpoint, rule)}`;
  const tokenEndpoints = led.filter(({ kind }) => kind === 'container');
  return `table ${REDIRECT_TABLE}
delete table ${REDIRECT_TABLE}
table ${REDIRECT_TABLE} {
${[
  ...(isLimited ? FAMILIES.filter((family) => rule.hosts[family] !== null).map(openers) : []),
  chain(
    'prerouting',
    'type nat hook prerouting priority dstnat - 5',
    led.map((endpoint) => fromInterface(rule) + leadingOf(endpoint)),
  ),
  // From the node's own network as well: who asks there is known by a token, so hostNetwork pods can be
  // told apart.
  ...(tokenEndpoints.length > 0
    ? [chain('output', 'type nat hook output priority -105', tokenEndpoints.map(leadingOf))]
    : []),
  chain('input', 'type filter hook input priority filter - 5', [
    'iifname "lo" accept',
    ...(isLimited ? led.map((endpoint) => refuseFlood(endpoint, rule.port)) : []),
    ...led.map((endpoint) => `tcp dport ${rule.port} ct original ${daddr(endpoint)} counter accept`),
    `tcp dport ${rule.port} counter drop`,
  ]),
  // What the daemon says reaches only those who were led there, also once a connection's track is lost.
  chain('answers', 'type filter hook output priority filter - 5', [
    'oifname "lo" accept',
    ...led.map((endpoint) => `tcp sport ${rule.port} ct original ${daddr(endpoint)} counter accept`),
    `tcp sport ${rule.port} counter drop`,
  ]),
  chain(
    'forward',
    'type filter hook forward priority filter - 5',
    endpoints.flatMap((endpoint) => shut(daddr(endpoint))),
  ),
  ...(rule.fence === null
    ? []
    : [
        chain(
          'fence',
          'type filter hook output priority filter - 5',
          endpoints
            .filter(({ kind }) => kind === 'metadata')
            .flatMap((endpoint) => shut(`${daddr(endpoint)} meta skuid != { ${rule.fence!.join(', ')} }`)),
        ),
      ]),
].join('\n')}}
`;
}

/** Who has opened connections of late: by interface as well, so that one pod cannot spend what is another's. */
const openers = (family: Family): string =>
  `\tset openers${family === 'ipv4' ? '4' : '6'} {
\t\ttype iface_index . ${family}_addr
\t\tsize 8192
\t\tflags dynamic,timeout
\t\ttimeout 10s
\t}
`;

function refuseFlood(endpoint: Endpoint, port: number): string {
  const { perSecond, burst } = NEW_CONNECTIONS;
  const set = endpoint.family === 'ipv4' ? '@openers4' : '@openers6';
  const over = `limit rate over ${perSecond}/second burst ${burst} packets`;
  return `tcp dport ${port} ct original ${daddr(endpoint)} ct state new update ${set} { iif . ${word(endpoint)} saddr ${over} } counter reject with tcp reset`;
}

// A reset ends a connection at once; an ICMP error does not when the asker's kernel is still busy with it.
const shut = (match: string): string[] => [
  `meta l4proto tcp ${match} counter reject with tcp reset`,
  `${match} counter reject`,
];

const word = ({ family }: Endpoint): string => (family === 'ipv4' ? 'ip' : 'ip6');

const daddr = (endpoint: Endpoint): string => `${word(endpoint)} daddr ${endpoint.address}`;

function destination({ family }: Endpoint, { hosts, port }: RedirectRule): string {
  return family === 'ipv4' ? `${hosts.ipv4}:${port}` : `[${hosts.ipv6}]:${port}`;
}

function fromInterface({ hostInterface }: RedirectRule): string {
  if (hostInterface === null) return '';
  const [, negated, name] = /^(!?)(.*)$/.exec(hostInterface)!;
  return `iifname ${negated ? '!= ' : ''}"${name!.replace(/\+$/, '*')}" `;
}

function chain(name: string, hook: string, rules: string[]): string {
  const lines = rules.map((rule) => `\t\t${rule}\n`).join('');
  return `\tchain ${name} {\n\t\t${hook}; policy accept;\n${lines}\t}\n`;
}

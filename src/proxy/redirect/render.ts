// The redirect as one nftables script. It declares, deletes and defines a table of our own in one
// transaction, so that setting it twice changes nothing and no packet slips through in between.
import { type Endpoint, endpointsOf, type RedirectRule } from './rule.ts';

export const TABLE = 'inet pod_iam';

/**
 * Requests to the metadata service are led to the daemon; the daemon's port answers nothing that was
 * not led there; and whatever is not led there never reaches the real service. The chains come before
 * kube-proxy's and the CNI's own, which hook in at the plain priorities.
 */
export function renderNft(rule: RedirectRule): string {
  const endpoints = endpointsOf(rule);
  const led = endpoints.filter(({ family }) => rule.hosts[family] !== null);
  const leadingOf = (endpoint: Endpoint): string =>
    `${daddr(endpoint)} tcp dport 80 counter dnat ${word(endpoint)} to ${destination(endpoint, rule)}`;
  const tokenEndpoints = led.filter(({ kind }) => kind === 'container');
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
${[
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

/** A listing without what changes by itself: counters, indentation and empty lines. */
export function withoutCounts(listing: string): string {
  return listing
    .replace(/\bcounter packets \d+ bytes \d+/g, 'counter')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/**
 * What a listing lacks of the script that was set. Versions of nft spell some words differently, and
 * that must not look like a missing rule.
 */
export function missingLines(script: string, listing: string): string[] {
  const listed = withoutCounts(listing).split('\n').map(spell);
  return withoutCounts(script)
    .split('\n')
    .filter((line) => /\b(?:accept|drop|reject|dnat)\b/.test(line) && !line.startsWith('type '))
    .filter((line) => !listed.includes(spell(line)));
}

const spell = (line: string): string =>
  line
    // Beneath a bare root there is no /etc/protocols to name it by.
    .replace(/\bl4proto 6\b/, 'l4proto tcp')
    // Users by name, in any order.
    .replace(/\bskuid != \{[^}]*\}/, 'skuid')
    .replace(/\breject with .*$/, 'reject')
    .replace(/\bdnat ip6? to\b/, 'dnat to')
    .replace(/\bct original ip6? daddr\b/, 'ct original daddr');

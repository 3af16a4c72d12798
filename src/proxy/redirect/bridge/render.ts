// The guard of addresses on bridges as an nftables table. On a bridge an address is whoever claims it,
// by a gratuitous ARP or a copied MAC address, so requests and the daemon's answers are held to the port to
// which the network plugin tied the address: whoever else asks is not heard, whoever listens sees nothing.
import { BRIDGE_TABLE } from '../../../model/on-node.ts';
import { type Endpoint, FAMILIES, type Family } from '../rule.ts';
import type { Bindings } from './bindings.ts';

const words = {
  ipv4: { ip: 'ip', type: 'ipv4_addr', suffix: '4' },
  ipv6: { ip: 'ip6', type: 'ipv6_addr', suffix: '6' },
} as const;

/**
 * Only requests to the endpoints' addresses and answers from them are looked at, nothing else of the
 * node's. Requests in another's name would be counted as that one's, who opens too many then. A port
 * without a record, such as a Docker container's, is tied to the address from which it first asks,
 * unless that is recorded for another. An answer that was under way when the table came passes, too:
 * its asker waits, and says nothing from which it could be known.
 */
export function renderBridge(endpoints: readonly Endpoint[], bindings: Bindings): string {
  const asked = (family: Family): string =>
    `{ ${endpoints
      .filter((endpoint) => endpoint.family === family)
      .map(({ address }) => address)
      .join(', ')} }`;
  return `table ${BRIDGE_TABLE}
delete table ${BRIDGE_TABLE}
table ${BRIDGE_TABLE} {
${[
  set('ports', 'iface_index', elements(bindings.ports)),
  ...FAMILIES.flatMap((family) => {
    const { type, suffix } = words[family];
    return [
      set(`pairs${suffix}`, `iface_index . ${type}`, elements(bindings.pairs[family])),
      set(`owned${suffix}`, type, elements(bindings.owned[family])),
      set(`first${suffix}`, `iface_index . ${type}`, DYNAMIC),
      set(`claimed${suffix}`, 'iface_index', DYNAMIC),
      set(`taken${suffix}`, type, DYNAMIC),
    ];
  }),
  chain(
    'prerouting',
    FAMILIES.flatMap((family) => {
      const { ip, suffix } = words[family];
      const request = `${ip} daddr ${asked(family)}`;
      const isAnothers = `iif . ${ip} saddr != @pairs${suffix} counter drop`;
      return [
        `${request} iif @ports ${isAnothers}`,
        `${request} ${ip} saddr @owned${suffix} ${isAnothers}`,
        `${request} iif != @ports iif != @claimed${suffix} ${ip} saddr != @owned${suffix} add @first${suffix} { iif . ${ip} saddr } add @taken${suffix} { ${ip} saddr } add @claimed${suffix} { iif }`,
      ];
    }),
  ),
  chain(
    'output',
    FAMILIES.flatMap((family) => {
      const { ip, suffix } = words[family];
      const answer = `${ip} saddr ${asked(family)}`;
      return [
        `${answer} oif . ${ip} daddr @pairs${suffix} accept`,
        `${answer} oif != @ports ${ip} daddr != @owned${suffix} oif . ${ip} daddr @first${suffix} accept`,
        `${answer} oif != @ports ${ip} daddr != @owned${suffix} oif != @claimed${suffix} ${ip} daddr != @taken${suffix} accept`,
        `${answer} counter drop`,
      ];
    }),
  ),
].join('\n')}}
`;
}

const DYNAMIC = ['size 65535', 'flags dynamic'];

const elements = (of: ReadonlyMap<string, string>): string[] =>
  of.size === 0 ? [] : [`elements = { ${[...of.values()].join(', ')} }`];

function set(name: string, type: string, more: string[]): string {
  return `\tset ${name} {\n${[`type ${type}`, ...more].map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

function chain(hook: string, rules: string[]): string {
  const lines = rules.map((rule) => `\t\t${rule}\n`).join('');
  return `\tchain ${hook} {\n\t\ttype filter hook ${hook} priority filter; policy accept;\n${lines}\t}\n`;
}

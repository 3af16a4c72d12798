// The redirect as one nftables script. It declares, deletes and defines a table of our own in one
// transaction, so that setting it twice changes nothing and no packet slips through in between.
import { isIPv6 } from 'node:net';
import { CONTAINER_IPV4, CONTAINER_IPV6 } from '../../model/container-credentials.ts';
import { METADATA_IPV6, type RedirectRule } from './rule.ts';

export const TABLE = 'inet pod_iam';

/**
 * Three chains: requests to the metadata service are led to the daemon; the daemon's port answers
 * nothing that was not led there; and whatever is not led there never reaches the real service.
 * They come before kube-proxy's and the CNI's own, which hook in at the plain priorities.
 */
export function renderNft(rule: RedirectRule): string {
  const { port, metadataAddress, containerCredentials } = rule;
  const from = rule.hostInterface === null ? '' : `iifname "${rule.hostInterface.replace(/\+$/, '*')}" `;
  const isV6 = isIPv6(rule.hostIp);
  const [family, host, metadata, container] = isV6
    ? ['ip6', `[${rule.hostIp}]`, METADATA_IPV6, CONTAINER_IPV6]
    : ['ip', rule.hostIp, metadataAddress, CONTAINER_IPV4];
  const asked = [metadata, ...(containerCredentials ? [container] : [])];
  const shut = [
    ...[`ip daddr ${metadataAddress}`, `ip6 daddr ${METADATA_IPV6}`],
    ...(containerCredentials ? [`ip daddr ${CONTAINER_IPV4}`, `ip6 daddr ${CONTAINER_IPV6}`] : []),
  ];
  const lead = (address: string): string =>
    `${family} daddr ${address} tcp dport 80 counter dnat ${family} to ${host}:${port}`;
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept;
${lines(asked.map((address) => from + lead(address)))}
	}

${containerCredentials ? outputChain(lead(container)) : ''}	chain input {
		type filter hook input priority filter - 5; policy accept;
		iifname "lo" accept
${lines(asked.map((address) => `tcp dport ${port} ct original ${family} daddr ${address} counter accept`))}
		tcp dport ${port} counter drop
	}

	chain forward {
		type filter hook forward priority filter - 5; policy accept;
${lines(shut.map((match) => `${match} counter reject`))}
	}
}
`;
}

const lines = (rules: string[]): string => rules.map((rule) => `\t\t${rule}`).join('\n');

/**
 * The container credentials' address is led to the daemon from the node's own network as well: who asks
 * there is known by a token, so hostNetwork pods can be told apart.
 */
const outputChain = (rule: string): string => `	chain output {
		type nat hook output priority -105; policy accept;
		${rule}
	}

`;

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
    .replace(/\breject with .*$/, 'reject')
    .replace(/\bdnat ip6? to\b/, 'dnat to')
    .replace(/\bct original ip6? daddr\b/, 'ct original daddr');

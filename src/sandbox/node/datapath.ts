// Where a connection of an emulated pod or host process ends: follows the packet through the hooks
// of the node it leaves and the node it reaches, as the kernel would with the rules in place.
// Hooks: https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks
import { BlockList, isIPv4 } from 'node:net';
import { METADATA_IPV4 } from '../../model/on-node.ts';
import type { Chain, Match, Ruleset, Verdict } from './nftables.ts';

export interface Packet {
  from: string;
  address: string;
  port: number;
}

export interface Origin {
  /** Host processes pass the output hook, and neither prerouting nor forward. */
  isPod: boolean;
  /** Rules of the node that it runs on. */
  rules: Ruleset;
  /** Where that node's own instance metadata service listens. */
  imds: { address: string; port: number };
  /** Rules of the node that has this address as its own; null when no node has it. */
  rulesOfHost(address: string): Ruleset | null;
  /** The same node's host address. */
  hostAddress: string;
  /** A rule with a counter has seen the packet. */
  count?(chain: string, index: number): void;
}

export type Way =
  | { verdict: 'deliver'; address: string; port: number }
  /** Answered at once with a refusal. */
  | { verdict: 'reject' }
  /** Never answered. */
  | { verdict: 'drop' }
  | { verdict: 'no-route' };

/** Decides one connection. */
export function decideWay(packet: Packet, origin: Origin): Way {
  const original = packet.address;
  let { address, port } = packet;
  const at = (hook: string, rules: Ruleset, iif: string, oif: string): Verdict | null =>
    followHook(
      hook,
      rules,
      { ...packet, address, port, original, originalPort: packet.port, iif, oif },
      origin,
    );

  const first = origin.isPod
    ? at('prerouting', origin.rules, 'pod', '')
    : at('output', origin.rules, '', 'eth0');
  if (first?.kind === 'dnat') {
    address = first.address;
    port = first.port ?? port;
  } else if (first?.kind === 'drop' || first?.kind === 'reject') return { verdict: first.kind };
  const target = origin.rulesOfHost(address);
  const isOwnHost = address === origin.hostAddress;
  if (target !== null) {
    const iif = !isOwnHost ? 'eth0' : origin.isPod ? 'pod' : 'lo';
    const verdict = at('input', target, iif, '');
    if (verdict?.kind === 'drop' || verdict?.kind === 'reject') return { verdict: verdict.kind };
    return { verdict: 'deliver', address, port };
  }
  if (origin.isPod) {
    const verdict = at('forward', origin.rules, 'pod', address.startsWith('127.') ? 'pod' : 'eth0');
    if (verdict?.kind === 'drop' || verdict?.kind === 'reject') return { verdict: verdict.kind };
  }
  // The emulated service is behind the metadata address alone.
  if (address === origin.imds.address && port === origin.imds.port) return { verdict: 'reject' };
  if (address === METADATA_IPV4) {
    return port === 80 ? { verdict: 'deliver', ...origin.imds } : { verdict: 'reject' };
  }
  return address.startsWith('127.') ? { verdict: 'deliver', address, port } : { verdict: 'no-route' };
}

interface Seen extends Packet {
  original: string;
  originalPort: number;
  iif: string;
  oif: string;
}

/** The first final verdict: drop and reject end it, accept ends its chain, dnat ends the hook. */
function followHook(hook: string, rules: Ruleset, seen: Seen, origin: Origin): Verdict | null {
  for (const chain of rules.tables.flatMap((table) => table.chains)) {
    if (chain.hook !== hook) continue;
    const verdict = followChain(chain, seen, origin);
    if (verdict !== null && verdict.kind !== 'accept' && verdict.kind !== 'return') return verdict;
  }
  return null;
}

function followChain(chain: Chain, seen: Seen, origin: Origin): Verdict {
  for (const [index, rule] of chain.rules.entries()) {
    if (!rule.matches.every((match) => isMatch(match, seen))) continue;
    if (rule.counts) origin.count?.(chain.name, index);
    if (rule.verdict !== null) return rule.verdict;
  }
  return { kind: chain.policy };
}

function isMatch({ field, negated, values }: Match, seen: Seen): boolean {
  const value = read(field, seen);
  // nft puts the family or protocol before such a match, so that another one matches neither way.
  if (value === null) return false;
  return values.some((wanted) => isSame(wanted, value)) !== negated;
}

function read(field: string, seen: Seen): string | null {
  const is4 = isIPv4(seen.address);
  switch (field) {
    case 'iif':
    case 'iifname':
      return seen.iif;
    case 'oif':
    case 'oifname':
      return seen.oif;
    case 'ip saddr':
      return is4 ? seen.from : null;
    case 'ip daddr':
      return is4 ? seen.address : null;
    case 'ip6 daddr':
      return is4 ? null : seen.address;
    case 'ct original daddr':
      return seen.original;
    case 'ct original ip daddr':
      return isIPv4(seen.original) ? seen.original : null;
    case 'ct original ip6 daddr':
      return isIPv4(seen.original) ? null : seen.original;
    case 'ct original proto-dst':
      return String(seen.originalPort);
    case 'tcp dport':
      return String(seen.port);
    case 'meta l4proto':
    case 'ip protocol':
      return 'tcp';
    case 'meta nfproto':
      return is4 ? 'ipv4' : 'ipv6';
    case 'ct state':
      return 'new';
    case 'ct status':
      return seen.original === seen.address ? '' : 'dnat';
    case 'fib daddr type':
      return seen.address === METADATA_IPV4 ? 'unicast' : 'local';
    default:
      return null;
  }
}

function isSame(wanted: string, value: string): boolean {
  if (wanted.endsWith('*')) return value.startsWith(wanted.slice(0, -1));
  const range = /^([\d.]+)\/(\d+)$/.exec(wanted);
  if (!range || !isIPv4(value)) return wanted === value || (wanted === 'http' && value === '80');
  const list = new BlockList();
  list.addSubnet(range[1]!, Number(range[2]), 'ipv4');
  return list.check(value);
}

// Keeps the rule with iptables, for nodes that have no nft: single rules with our comment, each put
// first in its chain if it is not there.
import { isIPv6 } from 'node:net';
import { CONTAINER_IPV4, CONTAINER_IPV6 } from '../../model/container-credentials.ts';
import { type Backend, METADATA_IPV6, type RedirectRule } from './rule.ts';
import { ToolError, type Tools } from './tools.ts';

export const COMMENT = 'pod-iam.dev/redirect';

interface Entry {
  program: string;
  table: 'nat' | 'filter';
  chain: string;
  match: string[];
}

type Table = Entry['table'];

// Seconds to wait for whoever holds xtables' lock, such as kube-proxy.
const lockWait = ['-w', '5'];
// iptables ends so when the kernel has no such table: IPv6 is off, or knows no NAT.
const noSuchTable = 3;

/**
 * @param rule null for a backend that only removes
 * @param program `iptables`, or the name of one of its two implementations
 */
export function iptables(tools: Tools, rule: RedirectRule | null, program = 'iptables'): Backend {
  const programs = { ipv4: program, ipv6: program.replace('iptables', 'ip6tables') };

  /** Null when there can be no rule, as the kernel or the machine lacks what would hold it. */
  async function list(program: string, table: Table): Promise<string[] | null> {
    const argv = [program, ...lockWait, '-t', table, '-S'];
    const isOptional = program === programs.ipv6;
    const result = await tools.attempt(argv).catch((error: unknown) => {
      if (isOptional) return null;
      throw error;
    });
    if (result?.code === 0) return result.stdout.split('\n');
    if (isOptional && (result === null || result.code === noSuchTable || result.code === 127)) return null;
    throw new ToolError(
      `${argv.join(' ')} ended with ${result?.code}: ${result?.stderr.trim().split('\n')[0]}`,
    );
  }

  async function ours(): Promise<Listed[]> {
    const listed: Listed[] = [];
    for (const program of Object.values(programs)) {
      for (const table of ['nat', 'filter'] as const) {
        for (const line of (await list(program, table)) ?? [])
          if (line.includes(COMMENT)) listed.push({ program, table, line });
      }
    }
    return listed;
  }

  async function removeWhere(isUnwanted: (listed: Listed) => boolean): Promise<void> {
    for (const listed of await ours()) {
      if (!isUnwanted(listed)) continue;
      const words = listed.line.replace(/^-A /, '-D ').replaceAll('"', '').split(' ');
      await tools.run([listed.program, ...lockWait, '-t', listed.table, ...words]);
    }
  }

  async function possibleEntries(): Promise<Entry[]> {
    if (rule === null) return [];
    const entries: Entry[] = [];
    for (const entry of entriesOf(rule, programs))
      if ((await list(entry.program, entry.table)) !== null) entries.push(entry);
    return entries;
  }

  const isPresent = async (entry: Entry): Promise<boolean> =>
    (await tools.attempt(words(entry, '-C'))).code === 0;

  return {
    name: 'iptables',
    async assert() {
      const entries = await possibleEntries();
      for (const entry of entries) if (!(await isPresent(entry))) await tools.run(words(entry, '-I'));
      await removeWhere((line) => !entries.some((entry) => isSameRule(line, entry)));
    },
    async check() {
      for (const entry of await possibleEntries()) {
        if (!(await isPresent(entry)))
          return `the ${entry.program} rule in ${entry.table} ${entry.chain} is gone`;
      }
      return null;
    },
    async remove() {
      await removeWhere(() => true);
      const left = await ours();
      if (left.length > 0) throw new ToolError(`${left[0]!.program} still lists "${left[0]!.line}"`);
    },
    // iptables tells nobody when a rule goes.
    watch() {},
  };
}

function entriesOf(
  { hostIp, port, metadataAddress, hostInterface, containerCredentials }: RedirectRule,
  programs: { ipv4: string; ipv6: string },
): Entry[] {
  const isV6 = isIPv6(hostIp);
  const program = isV6 ? programs.ipv6 : programs.ipv4;
  const asked = isV6 ? METADATA_IPV6 : metadataAddress;
  const from = hostInterface === null ? [] : ['-i', hostInterface];
  const to = `${isV6 ? `[${hostIp}]` : hostIp}:${port}`;
  const onPort = (port: number): string[] => ['-p', 'tcp', '-m', 'tcp', '--dport', String(port)];
  const container = isV6 ? CONTAINER_IPV6 : CONTAINER_IPV4;
  const admitted = containerCredentials ? [asked, container] : [asked];
  const reject = (program: string, address: string): Entry => ({
    program,
    table: 'filter',
    chain: 'FORWARD',
    match: ['-d', address, '-j', 'REJECT'],
  });
  const lead = (chain: string, match: string[]): Entry => ({
    program,
    table: 'nat',
    chain,
    match: [...match, ...onPort(80), '-j', 'DNAT', '--to-destination', to],
  });
  return [
    reject(programs.ipv4, metadataAddress),
    reject(programs.ipv6, METADATA_IPV6),
    {
      program,
      table: 'filter',
      chain: 'INPUT',
      match: [
        ...['!', '-i', 'lo', ...onPort(port)],
        ...admitted.flatMap((address) => ['-m', 'conntrack', '!', '--ctorigdst', address]),
        ...['-j', 'DROP'],
      ],
    },
    lead('PREROUTING', [...from, '-d', asked]),
    ...(containerCredentials
      ? [
          reject(programs.ipv4, CONTAINER_IPV4),
          reject(programs.ipv6, CONTAINER_IPV6),
          lead('PREROUTING', [...from, '-d', container]),
          // The node's own network as well: a token tells who asks there.
          lead('OUTPUT', ['-d', container]),
        ]
      : []),
  ];
}

const words = ({ program, table, chain, match }: Entry, verb: '-C' | '-I'): string[] => [
  program,
  ...lockWait,
  '-t',
  table,
  verb,
  chain,
  '-m',
  'comment',
  '--comment',
  COMMENT,
  ...match,
];

interface Listed {
  program: string;
  table: Table;
  /** As `-S` prints it, such as `-A INPUT …`. */
  line: string;
}

/** By the words that differ from one setting to another: addresses, ports and the interface. */
function isSameRule({ program, table, line }: Listed, entry: Entry): boolean {
  const listed = line
    .replaceAll('"', '')
    .replaceAll(/\/(?:32|128)\b/g, '')
    .split(' ');
  const isOwn = program === entry.program && table === entry.table && listed[1] === entry.chain;
  return (
    isOwn &&
    entry.match.every((word) => listed.includes(word)) &&
    listed.includes('-i') === entry.match.includes('-i') &&
    countOf('--ctorigdst', listed) === countOf('--ctorigdst', entry.match)
  );
}

const countOf = (word: string, words: readonly string[]): number =>
  words.filter((each) => each === word).length;

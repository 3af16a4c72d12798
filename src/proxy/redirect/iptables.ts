// Keeps the rule with iptables, for nodes that have no nft: single rules with our comment, each put
// first in its chain if it is not there.
import { isIPv6 } from 'node:net';
import { type Backend, METADATA_IPV6, type RedirectRule } from './rule.ts';
import { ToolError, type Tools } from './tools.ts';

export const COMMENT = 'pod-iam.dev/redirect';

interface Entry {
  program: string;
  table: 'nat' | 'filter';
  chain: string;
  match: string[];
}

const programs = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;
// Seconds to wait for whoever holds xtables' lock, such as kube-proxy.
const lockWait = ['-w', '5'];

/** @param rule null for a backend that only removes */
export function iptables(tools: Tools, rule: RedirectRule | null): Backend {
  const entries = rule === null ? [] : entriesOf(rule);
  const isPresent = async (entry: Entry): Promise<boolean> =>
    (await tools.attempt(words(entry, '-C'))).code === 0;

  return {
    name: 'iptables',
    async assert() {
      for (const entry of entries) if (!(await isPresent(entry))) await tools.run(words(entry, '-I'));
      await removeWhere(tools, (line) => !entries.some((entry) => isSameRule(line, entry)));
    },
    async check() {
      for (const entry of entries) {
        if (!(await isPresent(entry)))
          return `the ${entry.program} rule in ${entry.table} ${entry.chain} is gone`;
      }
      return null;
    },
    async remove() {
      await removeWhere(tools, () => true);
      const left = await ours(tools);
      if (left.length > 0) throw new ToolError(`${left[0]!.program} still lists "${left[0]!.line}"`);
    },
    // iptables tells nobody when a rule goes.
    watch() {},
  };
}

function entriesOf({ hostIp, port, metadataAddress, hostInterface }: RedirectRule): Entry[] {
  const isV6 = isIPv6(hostIp);
  const program = isV6 ? programs.ipv6 : programs.ipv4;
  const asked = isV6 ? METADATA_IPV6 : metadataAddress;
  const from = hostInterface === null ? [] : ['-i', hostInterface];
  const to = `${isV6 ? `[${hostIp}]` : hostIp}:${port}`;
  const onPort = ['-p', 'tcp', '-m', 'tcp', '--dport', String(port)];
  const reject = (program: string, address: string): Entry => ({
    program,
    table: 'filter',
    chain: 'FORWARD',
    match: ['-d', address, '-j', 'REJECT'],
  });
  return [
    reject(programs.ipv4, metadataAddress),
    reject(programs.ipv6, METADATA_IPV6),
    {
      program,
      table: 'filter',
      chain: 'INPUT',
      match: ['!', '-i', 'lo', ...onPort, '-m', 'conntrack', '!', '--ctorigdst', asked, '-j', 'DROP'],
    },
    {
      program,
      table: 'nat',
      chain: 'PREROUTING',
      match: [
        ...from,
        '-d',
        asked,
        '-p',
        'tcp',
        '-m',
        'tcp',
        '--dport',
        '80',
        '-j',
        'DNAT',
        '--to-destination',
        to,
      ],
    },
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
  table: string;
  /** As `-S` prints it, such as `-A INPUT …`. */
  line: string;
}

async function ours(tools: Tools): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const program of Object.values(programs)) {
    for (const table of ['nat', 'filter']) {
      const listing = await tools.run([program, ...lockWait, '-t', table, '-S']);
      for (const line of listing.split('\n'))
        if (line.includes(COMMENT)) listed.push({ program, table, line });
    }
  }
  return listed;
}

async function removeWhere(tools: Tools, isUnwanted: (listed: Listed) => boolean): Promise<void> {
  for (const listed of await ours(tools)) {
    if (!isUnwanted(listed)) continue;
    const rule = listed.line.replace(/^-A /, '-D ').replaceAll('"', '').split(' ');
    await tools.run([listed.program, ...lockWait, '-t', listed.table, ...rule]);
  }
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
    listed.includes('-i') === entry.match.includes('-i')
  );
}

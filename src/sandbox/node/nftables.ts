// The part of nftables that a redirect rule needs: reads a table's text into rules that the emulated
// data path can follow, and prints it back as `nft list` does. A word that it does not know is a
// syntax error, never ignored, so that a rule it cannot honour cannot seem to be in place.
// Grammar: https://wiki.nftables.org/wiki-nftables/index.php/Quick_reference-nftables_in_10_minutes
import { NftError, Words } from './nft-words.ts';

export { NftError } from './nft-words.ts';

export interface Ruleset {
  tables: Table[];
}

export interface Table {
  family: string;
  name: string;
  chains: Chain[];
}

export interface Chain {
  name: string;
  /** `type nat hook prerouting priority dstnat - 5`; null for a chain without a hook. */
  header: string | null;
  hook: string | null;
  policy: 'accept' | 'drop';
  rules: Rule[];
}

export interface Rule {
  matches: Match[];
  counts: boolean;
  verdict: Verdict | null;
  /** The rule before its counter, and from after it: `list` puts the count between. */
  text: [string, string];
}

export interface Match {
  /** Such as `ip daddr`. */
  field: string;
  negated: boolean;
  values: string[];
}

export type Verdict =
  | { kind: 'accept' | 'drop' | 'reject' | 'return' }
  | { kind: 'dnat'; address: string; port: number | null };

/** Applies a script, all or nothing, and returns the new rules. */
export function runScript(script: string, before: Ruleset): Ruleset {
  const rules: Ruleset = structuredClone(before);
  const words = new Words(script);
  for (words.skipBreaks(); !words.ended; words.skipBreaks()) command(words, rules);
  return rules;
}

/** As `nft list` prints it; `packets` tells the count of a rule by chain and index. */
export function printTable(
  table: Table,
  packets: (chain: string, index: number) => number = () => 0,
): string {
  const chains = table.chains.map((chain) => {
    const lines = chain.rules.map(({ text: [before, after], counts }, index) => {
      const seen = packets(chain.name, index);
      // 60 bytes is a bare SYN, the one packet of a connection that a nat chain sees.
      const counter = counts ? `counter packets ${seen} bytes ${seen * 60}` : '';
      return `\t\t${[before, counter, after].filter((part) => part !== '').join(' ')}\n`;
    });
    const header = chain.header === null ? '' : `\t\t${chain.header}; policy ${chain.policy};\n`;
    return `\tchain ${chain.name} {\n${header}${lines.join('')}\t}\n`;
  });
  return `table ${table.family} ${table.name} {\n${chains.join('\n')}}\n`;
}

/** Finds a table or says what `nft` says: the words, and a mark under the name. */
export function findTable(rules: Ruleset, family: string, name: string, verb: string): Table {
  const found = rules.tables.find((table) => table.family === family && table.name === name);
  if (found) return found;
  const line = `${verb} table ${family} ${name}`;
  const what =
    verb === 'list' ? 'No such file or directory' : 'Could not process rule: No such file or directory';
  throw new NftError(
    `Error: ${what}\n${line}\n${' '.repeat(line.length - name.length)}${'^'.repeat(name.length)}`,
  );
}

function command(words: Words, rules: Ruleset): void {
  const verb = ['add', 'create', 'delete', 'destroy', 'flush'].includes(words.peek()) ? words.take() : 'add';
  if (verb === 'flush' && words.peek() === 'ruleset') {
    words.take();
    rules.tables = [];
    return;
  }
  words.expect('table');
  const family = ['inet', 'ip', 'ip6', 'bridge', 'arp', 'netdev'].includes(words.peek())
    ? words.take()
    : 'ip';
  // The sandbox's pods are on no bridge.
  if (family === 'bridge') throw new NftError('Error: Could not process rule: Operation not supported');
  const name = words.take();
  const known = rules.tables.find((table) => table.family === family && table.name === name);
  if (verb === 'delete' || verb === 'destroy') {
    if (verb === 'delete') findTable(rules, family, name, verb);
    rules.tables = rules.tables.filter((table) => table !== known);
    return;
  }
  if (verb === 'flush') {
    for (const chain of findTable(rules, family, name, verb).chains) chain.rules = [];
    return;
  }
  const table = known ?? { family, name, chains: [] };
  if (!known) rules.tables.push(table);
  if (words.peek() !== '{') return;
  words.take();
  for (words.skipBreaks(); words.peek() !== '}'; words.skipBreaks()) {
    if (words.peek() === 'set') skipBlock(words);
    else readChain(words, table);
  }
  words.take();
}

/** To the closing brace and past it. */
function skipBlock(words: Words): void {
  while (words.take() !== '}');
}

function readChain(words: Words, table: Table): void {
  words.expect('chain');
  const name = words.take();
  const known = table.chains.find((chain) => chain.name === name);
  const chain: Chain = known ?? { name, header: null, hook: null, policy: 'accept', rules: [] };
  if (!known) table.chains.push(chain);
  words.expect('{');
  for (words.skipBreaks(); words.peek() !== '}'; words.skipBreaks()) {
    if (words.peek() === 'type') {
      const header = words.takeUntilBreak();
      chain.hook = header[header.indexOf('hook') + 1] ?? null;
      chain.header = header.join(' ');
    } else if (words.peek() === 'policy') {
      words.take();
      const policy = words.take();
      if (policy !== 'accept' && policy !== 'drop') throw words.fault(policy);
      chain.policy = policy;
    } else chain.rules.push(readRule(words));
  }
  words.take();
}

const FIELDS = new Set([
  ...['iif', 'iifname', 'oif', 'oifname', 'ip saddr', 'ip daddr', 'ip protocol', 'ip6 saddr', 'ip6 daddr'],
  ...[
    'tcp sport',
    'tcp dport',
    'udp dport',
    'meta l4proto',
    'meta nfproto',
    'ct original daddr',
    'ct original ip daddr',
  ],
  ...['ct original ip6 daddr', 'ct original proto-dst', 'ct state', 'ct status', 'fib daddr type'],
]);

function readRule(words: Words): Rule {
  const rule: Rule = { matches: [], counts: false, verdict: null, text: ['', ''] };
  const parts: [string[], string[]] = [[], []];
  while (!words.atBreak && words.peek() !== '}') {
    const from = words.at;
    const word = words.take();
    if (word === 'counter') {
      rule.counts = true;
      words.skipPairs('packets', 'bytes');
      continue;
    }
    if (word === 'comment') words.take();
    else if (word === 'update') {
      // Nobody in the sandbox opens connections so fast that a limit would be over.
      skipBlock(words);
      rule.matches.push({ field: 'limit over', negated: false, values: [] });
    } else if (word === 'log') words.skipPairs('prefix', 'level');
    else if (word === 'accept' || word === 'drop' || word === 'return') rule.verdict = { kind: word };
    else if (word === 'reject') {
      rule.verdict = { kind: 'reject' };
      if (words.peek() === 'with')
        while (!words.atBreak && words.peek() !== '}' && words.peek() !== 'comment') words.take();
    } else if (word === 'dnat') rule.verdict = readDnat(words);
    else rule.matches.push(readMatch(word, words));
    parts[rule.counts ? 1 : 0].push(...words.since(from));
  }
  rule.text = [spell(parts[0]), spell(parts[1])];
  return rule;
}

function readMatch(first: string, words: Words): Match {
  let field = first;
  while (!FIELDS.has(field)) {
    if (![...FIELDS].some((known) => known.startsWith(`${field} `)) || words.atBreak)
      throw words.fault(field);
    field = `${field} ${words.take()}`;
  }
  const negated = words.peek() === '!=';
  if (negated || words.peek() === '==') words.take();
  const values: string[] = [];
  if (words.peek() === '{') {
    for (words.take(); words.peek() !== '}'; words.skipBreaks())
      if (words.peek() !== ',') values.push(unquote(words.take()));
      else words.take();
    words.take();
  } else {
    values.push(unquote(words.take()));
    while (words.peek() === ',') {
      words.take();
      values.push(unquote(words.take()));
    }
  }
  return { field, negated, values };
}

function readDnat(words: Words): Verdict {
  if (words.peek() === 'ip' || words.peek() === 'ip6') words.take();
  words.expect('to');
  const to = words.take();
  const match = /^(?:\[([0-9a-f:]+)\]|([0-9.]+))(?::(\d+))?$/.exec(to);
  if (!match) throw words.fault(to);
  return { kind: 'dnat', address: (match[1] ?? match[2])!, port: match[3] ? Number(match[3]) : null };
}

const spell = (words: string[]): string => words.join(' ').replaceAll(' ,', ',');

const unquote = (word: string): string => word.replace(/^"(.*)"$/, '$1');

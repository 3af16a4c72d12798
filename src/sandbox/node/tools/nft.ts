// Stands in for the node's `nft`: keeps the rules in the node's folder, where the data path reads
// them. Knows what a redirect needs: -f, list, delete, add, flush and monitor.
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { counterFile, readRules, rulesFile } from '../namespace.ts';
import { findTable, NftError, printTable, type Ruleset, runScript, type Table } from '../nftables.ts';

const folder = process.env.POD_IAM_SANDBOX_NODE ?? '';

try {
  main(
    process.argv
      .slice(2)
      .filter((word) => !['-a', '-n', '-nn', '-s', '--handle', '--stateless'].includes(word)),
  );
} catch (error) {
  if (!(error instanceof NftError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function main(words: string[]): void {
  const [verb, what, ...rest] = words;
  if (verb === '--version' || verb === '-v') print('nftables v1.0.6 (emulated)\n');
  else if (verb === '-f' || verb === '--file') {
    const isStdin = what === '-' || what === '/dev/stdin';
    save(runScript(readFileSync(isStdin ? 0 : (what ?? ''), 'utf8'), readRules(folder)));
  } else if (verb === 'monitor') monitor(what);
  else if (verb === 'list') list(what ?? '', rest);
  else save(runScript(words.join(' '), readRules(folder)));
}

function list(what: string, names: string[]): void {
  const { tables } = readRules(folder);
  const [first = '', second] = names;
  if (what === 'tables') print(tables.map(({ family, name }) => `table ${family} ${name}\n`).join(''));
  else if (what === 'ruleset') print(tables.map(withCounts).join(''));
  else if (what === 'table') {
    const [family, name] = second === undefined ? ['ip', first] : [first, second];
    print(withCounts(findTable({ tables }, family, name, 'list')));
  } else if (what === 'chains') {
    const headers = tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, rules: [] })),
    }));
    print(headers.map((table) => printTable(table)).join(''));
  } else if (what === 'chain') {
    const table = findTable({ tables }, first, second ?? '', 'list');
    print(withCounts({ ...table, chains: table.chains.filter(({ name }) => name === names[2]) }));
  } else throw new NftError(`Error: syntax error, unexpected ${what || 'end of file'}`);
}

function withCounts(table: Table): string {
  return printTable(table, (chain, index) => {
    const file = counterFile(folder, chain, index);
    return existsSync(file) ? statSync(file).size : 0;
  });
}

/** A rule that is set anew counts from zero. */
function save(rules: Ruleset): void {
  for (const name of readdirSync(folder)) if (name.startsWith('nft.count.')) rmSync(join(folder, name));
  const file = rulesFile(folder);
  writeFileSync(`${file}.new`, JSON.stringify(rules));
  renameSync(`${file}.new`, file);
}

/** Prints tables that come (`new`) and go (`destroy`), or both, until it is ended. */
function monitor(only: string | undefined): void {
  const names = (): string[] => readRules(folder).tables.map(({ family, name }) => `${family} ${name}`);
  let known = names();
  watch(folder, (_event, file) => {
    if (file !== 'nft.json') return;
    const now = names();
    const gone = known.filter((name) => !now.includes(name)).map((name) => `delete table ${name}\n`);
    const come = now.filter((name) => !known.includes(name)).map((name) => `add table ${name}\n`);
    print([...(only === 'new' ? [] : gone), ...(only === 'destroy' ? [] : come)].join(''));
    known = now;
  });
}

function print(text: string): void {
  process.stdout.write(text);
}

// What a start may load and cost. Judged on the bundle, which `npm test` has built before.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { runCli } from '../helpers/run-cli.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/run.js');
const dist = join(root, 'dist');

before(() => assert.ok(existsSync(join(dist, 'cli/main.js')), 'npm run build comes first'));

/** Packages that only the work itself may load. */
const HEAVY = [
  '@kubernetes/client-node',
  '@aws-sdk/',
  '@smithy/',
  'undici',
  'fastify',
  'inquirer',
  '@inquirer/',
  'listr2',
  'yaml',
  'selfsigned',
  'pino',
  'prom-client',
  're2js',
  'diff',
  'cli-table3',
  'junit-report-builder',
  'xmlbuilder',
];

/** The heavy packages with a part in one file of the bundle, by its source map. */
function heavyIn(file: string): string[] {
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] };
  return HEAVY.filter((name) =>
    sources.some((source) => source.includes(`node_modules/${name}${name.endsWith('/') ? '' : '/'}`)),
  );
}

test('source maps tell heavy packages: each of them is somewhere in the bundle', () => {
  const found = new Set(
    globSync('**/*.js', { cwd: dist }).flatMap((file) =>
      existsSync(join(dist, `${file}.map`)) ? heavyIn(join(dist, file)) : [],
    ),
  );
  for (const name of ['@kubernetes/client-node', '@aws-sdk/', 'yaml', 're2js', 'inquirer'])
    assert.ok(found.has(name), name);
});

const RECORDER = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  process.on('exit', () => process.stderr.write('LOADED ' + JSON.stringify(loaded)));
`)}`;

for (const words of [
  ['--help'],
  ['--version'],
  [],
  ['doctor', '--help'],
  ['explain', 'TP018'],
  ['no-such-command'],
]) {
  test(`pod-iam ${words.join(' ') || '(no words)'} loads no heavy package`, async () => {
    const { stderr } = await runCli(bin, words, { nodeArgs: ['--import', RECORDER] });
    const urls = JSON.parse(/LOADED (.*)$/s.exec(stderr)![1]!) as string[];
    const ours = urls
      .filter((url) => url.startsWith('file:') && url.includes('/dist/'))
      .map((url) => new URL(url).pathname);
    assert.ok(ours.some((file) => file.endsWith('cli/main.js')));
    const heavy = ours
      .map((file) => [relative(dist, file), ...heavyIn(file)])
      .filter(({ length }) => length > 1);
    assert.deepEqual(heavy, []);
    const outside = urls.filter((url) => HEAVY.some((name) => url.includes(`/node_modules/${name}`)));
    assert.deepEqual(outside, []);
  });
}

// re2js is part of the decision which role a pod may have, and is there wherever that is made.
test('no command imports a heavy package statically', () => {
  const commands = globSync('commands/**/*.js', { cwd: dist });
  assert.ok(commands.length > 10);
  const heavy = commands.flatMap((command) =>
    [...staticallyReached(join(dist, command))].flatMap((file) =>
      heavyIn(file)
        .filter((name) => name !== 're2js')
        .map((name) => `${command}: ${name}`),
    ),
  );
  assert.deepEqual([...new Set(heavy)], []);
});

function staticallyReached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*"(\.[^"]+\.js)"/g))
    staticallyReached(join(dirname(file), path!), seen);
  return seen;
}

test('--help costs at most four times an empty program', {
  // Node 22 starts empty a quarter quicker, and right at the limit the figure would be one of chance.
  skip:
    (process.platform !== 'linux' && 'reads /proc') ||
    (Number(process.versions.node.split('.')[0]) < 24 && 'the figure is held on Node 24 and newer'),
}, () => {
  const spent = { empty: 0, help: 0 };
  // In turns, and all of it summed: the least of each would pair a lucky empty program with an unlucky other.
  for (let round = 0; round < 12; round++) {
    spent.empty += cpuMsOf(['-e', '0']);
    spent.help += cpuMsOf([bin, '--help']);
    if (round >= 3 && spent.help <= 4 * spent.empty) break;
  }
  assert.ok(spent.help <= 4 * spent.empty, `${spent.help} ms against ${spent.empty} ms`);
});

const RUNS = 5;

/** CPU time of one run in ms, the mean of a few: the kernel counts that of ended children in ticks of 10 ms. */
function cpuMsOf(args: string[]): number {
  const before = childrenMs();
  for (let run = 0; run < RUNS; run++)
    spawnSync(process.execPath, args, { stdio: 'ignore', env: { PATH: process.env.PATH } });
  return (childrenMs() - before) / RUNS;
}

// cutime and cstime of proc_pid_stat(5), the 16th and 17th field.
function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

test('the manifest is what `oclif manifest` makes of the bundle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-manifest-'));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  // A copy: by way of a link, the paths in the manifest would lead out of the folder.
  cpSync(dist, join(folder, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const oclif = join(root, 'node_modules/oclif/bin/run.js');
  // It keeps a cache at home.
  const { code, stderr } = await runCli(oclif, ['manifest', folder], { env: { HOME: folder } });
  assert.equal(code, 0, stderr);
  const read = (path: string): unknown => JSON.parse(readFileSync(join(path, 'oclif.manifest.json'), 'utf8'));
  // Not assert.deepEqual: its message would hold both.
  const isSame = isDeepStrictEqual(read(root), read(folder));
  assert.ok(isSame, 'oclif.manifest.json is stale: npm run build writes it anew');
});

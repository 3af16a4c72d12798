import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { renderReport } from '../../src/report/index.ts';
import { type Ran, type RunOptions, runCli } from '../helpers/run-cli.ts';
import { PLAIN, report } from '../report/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-output-'));
after(() => rmSync(folder, { recursive: true }));

const run = (args: string[], options: RunOptions = {}): Promise<Ran> =>
  runCli(join(import.meta.dirname, 'fixture/run.ts'), ['report', ...args], { cwd: folder, ...options });

const TALK = 'talk that a report does not hold\n';

const human = await renderReport(report(), 'human', PLAIN);
const json = await renderReport(report(), 'json', PLAIN);

test('the report alone is on stdout, progress on stderr, and the exit code is that of its findings', async () => {
  assert.deepEqual(await run([]), {
    code: 1,
    stdout: human,
    stderr: `looking\n${TALK}`,
  });
});

for (const args of [
  ['--json'],
  ['-o', 'json'],
  ['-ojson'],
  ['--output=json'],
  ['-o', 'json', '--json'],
  ['-o', 'json=-'],
]) {
  test(`"${args.join(' ')}" prints JSON and nothing else`, async () => {
    const { code, stdout } = await run(args);
    assert.deepEqual([code, stdout], [1, json]);
  });
}

test('several outputs at once go each to its place', async () => {
  const { stdout } = await run(['--json', '-o', 'junit=out/a.xml', '-o', 'html=b.html']);
  assert.equal(stdout, json);
  assert.equal(readFileSync(join(folder, 'out/a.xml'), 'utf8'), await renderReport(report(), 'junit', PLAIN));
  assert.ok(existsSync(join(folder, 'b.html')));
});

test('a file alone leaves stdout empty', async () => {
  assert.equal((await run(['-o', 'json=c.json'])).stdout, '');
});

test('outputs may come from the environment and the file', async () => {
  assert.equal(
    (await run([], { env: { POD_IAM_OUTPUT: 'json' } })).stdout.replace(
      'talk that a report does not hold\n',
      '',
    ),
    json,
  );
});

test('the threshold is a flag', async () => {
  const { stdout } = await run(['-o', 'junit', '--fail-on', 'warning']);
  assert.match(stdout, /failures="3"/);
});

test('an unknown format is refused', async () => {
  const { code, stderr } = await run(['-o', 'jsn']);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Error: there is no output format "jsn"; did you mean "json"\?\n {2}Next: one of human, json, /,
  );
});

test('GitHub’s step summary gets the Markdown form', async () => {
  const summary = join(folder, 'summary.md');
  writeFileSync(summary, '# before\n');
  await run(['-o', 'github'], { env: { GITHUB_STEP_SUMMARY: summary } });
  assert.equal(readFileSync(summary, 'utf8'), `# before\n${await renderReport(report(), 'markdown', PLAIN)}`);
});

const colours: [string, string[], Record<string, string>, boolean][] = [
  ['a pipe', [], {}, false],
  ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
  ['NO_COLOR over FORCE_COLOR', [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ['--no-color over FORCE_COLOR', ['--no-color'], { FORCE_COLOR: '1' }, false],
  ['an empty NO_COLOR', [], { FORCE_COLOR: '1', NO_COLOR: '' }, true],
];
for (const [what, args, env, expected] of colours) {
  test(`${what} prints ${expected ? 'with' : 'without'} colour, reports and help alike`, async () => {
    assert.equal((await run(args, { env })).stdout.includes('\x1b['), expected);
  });
}

test('a locale without UTF-8 gets ASCII marks', async () => {
  assert.match((await run([], { env: { LANG: 'C' } })).stdout, /x FAIL/);
  assert.match((await run([], { env: { LANG: 'en_GB.UTF-8' } })).stdout, /✗ FAIL/);
});

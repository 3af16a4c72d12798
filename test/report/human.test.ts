import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pass, skip, subject, unknown } from '../../src/model/finding.ts';
import { renderReport } from '../../src/report/index.ts';
import { assertGolden } from '../helpers/golden.ts';
import { PLAIN, RESULTS, report, result, WORKLOADS } from './fixture.ts';

const human = (of = report(), options = {}): Promise<string> =>
  renderReport(of, 'human', { ...PLAIN, ...options });

test('a report is grouped by family, failures in full, passes as a number, a verdict last', async () => {
  assertGolden('report/human.txt', await human(report(RESULTS, { workloads: WORKLOADS })));
});

test('verbose lists what passed, and ASCII marks need no UTF-8', async () => {
  const text = await human(report(), { verbose: true, ascii: true });
  assertGolden('report/human-verbose.txt', text);
  assert.match(text, /^[\x20-\x7e\n]*$/);
});

test('colour adds escapes and takes no word away', async () => {
  const coloured = await human(report(), { color: true });
  assert.match(coloured, /\x1b\[31m/);
  assert.equal(coloured.replace(/\x1b\[[0-9;]*m/g, ''), await human());
});

test('every mark stands beside its word', async () => {
  const text = await human(report(), { verbose: true });
  for (const badge of ['✓ PASS', '! WARN', '✗ FAIL', '- SKIP', '? UNKNOWN'])
    assert.ok(text.includes(badge), badge);
});

test('lines keep to the width except for what must stay in one piece', async () => {
  for (const width of [60, 80, 120]) {
    const text = await human(report(), { width });
    for (const line of text.split('\n'))
      if (line.length > width)
        assert.match(line.trim(), /^(\S+\s+)?\S+$|iam:GetRole|"Effect"|^\S+ \S+ {2,}/, line);
  }
});

test('a table that is too wide for its terminal is shortened in the middle of the ARNs', async () => {
  const text = await human(report([], { workloads: WORKLOADS }), { shorten: true, width: 110 });
  const lines = text.split('\n').filter((line) => line.includes('Deployment'));
  assert.deepEqual(lines, [
    '  apps/Deployment/red   worker-1  arn:aws:…22223333:role/red  arn:aws:…le/red/apps.red-1  imds  42 ms  ok',
    '  apps/Deployment/blue  -         arn:aws:…2223333:role/blue  none                        none  -      NOT OK',
  ]);
});

test('what a cluster says cannot steer the terminal', async () => {
  const hostile = result(
    'AN002',
    'roles are well-formed',
    'error',
    unknown(subject('Pod', 'x\x1b]0;owned\x07', { namespace: 'a\u202eb' }), {
      expected: '',
      observed: 'line\nline\r\x9b2J',
    }),
  );
  const text = await human(report([hostile]));
  assert.doesNotMatch(text, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.match(text, /Pod a\\u202eb\/x\\x1b\]0;owned\\x07/);
});

const verdict = async (of: Parameters<typeof human>[0], options = {}): Promise<string> =>
  (await human(of, options)).trimEnd().split('\n\n').at(-1)!;

test('nothing checked is said to be nothing', async () => {
  assert.equal(
    await verdict(report([])),
    'NOT PROVEN  0 passed in 2.1 s (exit 3)\nNot covered: nothing was checked',
  );
});

test('all passed is said aloud', async () => {
  const good = result('NW001', 't', 'error', pass(subject('Node', 'n'), { expected: '', observed: '' }));
  assert.equal(
    await verdict(report([good], { workloads: [WORKLOADS[0]!] })),
    'OK  1 passed, 1 of 1 workload proven in 2.1 s (exit 0)',
  );
});

test('a run that broke down and one that was interrupted say so', async () => {
  const good = result('NW001', 't', 'error', pass(subject('Node', 'n'), { expected: '', observed: '' }));
  const broken = report([good], { complete: false });
  const gap = '\nNot covered: the run ended before all checks were decided';
  assert.equal(await verdict(broken), `NOT PROVEN  1 passed in 2.1 s (exit 3)${gap}`);
  assert.equal(await verdict(broken, { interrupted: true }), `INTERRUPTED  1 passed in 2.1 s (exit 4)${gap}`);
});

test('suppressed results are counted', async () => {
  const of = report(RESULTS);
  of.summary.suppressed = 2;
  assert.match(await verdict(of), /1 skipped, 2 suppressed in/);
});

test('what follows from one cause is a line for each subject, and told in full with -v', async () => {
  const skipped = (code: string, name: string) =>
    result(code, 'a title', 'error', {
      ...skip(subject('Deployment', name, { namespace: 'apps', role: 'r', node: 'n1' }), 'TP018', {
        expected: 'an identity',
        observed: 'no credentials',
      }),
    });
  const of = report([skipped('ID008', 'blue'), skipped('ID009', 'blue'), skipped('ID008', 'red')]);
  const text = await human(of);
  assert.match(text, /- SKIP {5}ID008, ID009: pointless until TP018 is mended \(Deployment apps\/blue\)\n/);
  assert.match(text, /- SKIP {5}ID008: pointless until TP018 is mended \(Deployment apps\/red\)\n/);
  assert.match(await human(of, { verbose: true }), /Because {3}TP018: no credentials/);
});

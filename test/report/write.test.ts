import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Problem } from '../../src/model/problem.ts';
import { checkOutputs, parseOutput, renderReport, writeReports } from '../../src/report/index.ts';
import { PLAIN, report } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-report-'));
after(() => rmSync(folder, { recursive: true }));

const outputs: [string, string, string | null][] = [
  ['json', 'json', null],
  ['json=-', 'json', null],
  ['junit=out/report.xml', 'junit', 'out/report.xml'],
  ['html=a=b.html', 'html', 'a=b.html'],
];
for (const [text, format, file] of outputs) {
  test(`-o ${text} is ${format} to ${file ?? 'stdout'}`, () =>
    assert.deepEqual(parseOutput(text), { format, file }));
}

const refused: [string, string][] = [
  ['jsn', 'there is no output format "jsn"; did you mean "json"?'],
  ['csv', 'there is no output format "csv"'],
  ['', 'there is no output format ""'],
  ['json=', '--output json= names no file'],
];
for (const [text, what] of refused) {
  test(`-o "${text}" is refused`, () =>
    assert.throws(
      () => parseOutput(text),
      (error) => error instanceof Problem && error.exitCode === 2 && error.message === what,
    ));
}

test('two formats cannot share a place', () => {
  assert.throws(() => checkOutputs([parseOutput('json'), parseOutput('human')]), {
    message: 'json and human would both be written to stdout',
  });
  assert.throws(() => checkOutputs([parseOutput('json=a'), parseOutput('html=a')]), {
    message: 'json and html would both be written to a',
  });
  checkOutputs([parseOutput('json'), parseOutput('json=a')]);
});

const write = async (texts: string[], options = {}): Promise<string> => {
  let stdout = '';
  await writeReports(report(), texts.map(parseOutput), {
    ...PLAIN,
    stdout: { write: (text: string) => (stdout += text) },
    ...options,
  });
  return stdout;
};

test('each output gets its format, and files need no folder beforehand', async () => {
  const file = join(folder, 'deep', 'report.xml');
  const stdout = await write(['json', `junit=${file}`]);
  assert.equal(stdout, await renderReport(report(), 'json', PLAIN));
  assert.equal(readFileSync(file, 'utf8'), await renderReport(report(), 'junit', PLAIN));
});

test('a file is plain and of a fixed width, whatever the terminal is', async () => {
  const file = join(folder, 'report.txt');
  await write([`human=${file}`], { color: true, width: 50, shorten: true });
  assert.equal(readFileSync(file, 'utf8'), await renderReport(report(), 'human', PLAIN));
});

test('a file that cannot be written is a problem, after all others were written', async () => {
  const file = join(folder, 'after.json');
  await assert.rejects(write([`html=${folder}`, `json=${file}`]), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.message, `the html report cannot be written to ${folder}`);
    assert.equal(error.exitCode, 3);
    return true;
  });
  assert.ok(readFileSync(file, 'utf8').startsWith('{'));
});

// `trust-policy check -o sarif` as code scanning reads it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bin, runCli } from '../../helpers/run-cli.ts';
import { type SarifRun, sarifRun, schemaFaults } from '../../helpers/sarif.ts';
import { NODE, trust } from '../../trust-policy/helpers.ts';

const checkout = mkdtempSync(join(tmpdir(), 'pod-iam-sarif-'));
after(() => rmSync(checkout, { recursive: true }));
mkdirSync(join(checkout, 'iam', 'two words'), { recursive: true });
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(checkout, name), text);
  return name;
};

async function check(
  files: string[],
  { folder = '', env = {} } = {},
): Promise<{ code: number; run: SarifRun }> {
  const words = ['trust-policy', 'check', ...files, '-o', 'sarif'];
  const { code, stdout, stderr } = await runCli(bin, words, { cwd: join(checkout, folder), env });
  assert.equal(stderr, '');
  return { code: code!, run: sarifRun(stdout) };
}

const urisOf = ({ results }: SarifRun): string[] => [
  ...new Set(results.map(({ locations: [first] }) => first!.physicalLocation.artifactLocation.uri)),
];

const good = file('good.json', trust({ AWS: NODE }));
const open = file('iam/open.json', trust({ AWS: '*' }));
const many = file(
  'iam/many.json',
  JSON.stringify({
    Statement: [
      { Sid: 'a b', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' },
      { Sid: 'a b', Effect: 'Allow', Principal: { AWS: ['nobody', 'nobody'] }, Action: ['*', 'sts:Assume'] },
      {
        Effect: 'Perhaps',
        NotPrincipal: { AWS: NODE },
        Action: 'sts:AssumeRole',
        Condition: { Like: { a: '' } },
      },
    ],
  }),
);

describe('trust-policy check -o sarif', () => {
  it('has no rule and no result for a document without a finding', async () => {
    const { code, run } = await check([good, '--node-role', NODE]);
    assert.equal(code, 0);
    assert.deepEqual([run.results, run.tool.driver.rules], [[], []]);
    assert.equal(run.invocations[0]!.executionSuccessful, true);
  });

  it('gives each rule its page, and a score where it is about security', async () => {
    const { code, run } = await check([open]);
    assert.equal(code, 1);
    const rule = run.tool.driver.rules.find(({ id }) => id === 'TP007')!;
    assert.equal(
      rule.fullDescription.text,
      'The principal is everyone in every account, and no condition keeps strangers out. A security finding; found by `pod-iam trust-policy check FILE`.',
    );
    assert.match(rule.help.text, /: pod-iam explain TP007$/);
    assert.match(rule.help.markdown!, /^# TP007 · [\s\S]*## Fixed/);
    assert.deepEqual(rule.properties, { precision: 'high', tags: ['security'], 'security-severity': '8.0' });
  });

  it('is valid for many findings in several files', async () => {
    const { code, run } = await check([many, open, good]);
    assert.equal(code, 1);
    assert.ok(run.results.length > 10, `${run.results.length}`);
    assert.deepEqual(urisOf(run), ['iam/many.json', 'iam/open.json']);
  });

  it('is valid for what is no document, and for text of all kinds in one', async () => {
    const files = [
      file('utf-16.json', Buffer.from(`\ufeff${trust('*')}`, 'utf16le')),
      file('empty.json', ''),
      file('cut.json', '{"Version":'),
      file(
        'words.json',
        trust({ AWS: 'arn:aws:iam::210987654321:role/übel\u202e{0}[a](b)\u001b]8;;x\u0007\ud800' }),
      ),
    ];
    const { code, run } = await check(files);
    assert.equal(code, 1);
    assert.deepEqual(urisOf(run), files);
    assert.ok(run.results.every(({ level }) => level === 'error'));
  });

  it('encodes what a file name holds', async () => {
    const names = ['iam/two words/ü#?%41.json', 'c:d.json', "it's [one].json"];
    const { run } = await check(names.map((name) => file(name, trust('*'))));
    assert.deepEqual(urisOf(run), [
      'iam/two%20words/%C3%BC%23%3F%2541.json',
      'c%3Ad.json',
      "it's%20%5Bone%5D.json",
    ]);
    assert.deepEqual(urisOf(run).map(decodeURIComponent), names);
  });

  it('names a file from the root of the checkout, however it was given, by one fingerprint', async () => {
    const ways = [
      await check(['open.json'], { folder: 'iam', env: { GITHUB_WORKSPACE: checkout } }),
      await check(['./iam/../iam/open.json']),
      await check([join(checkout, open)]),
    ];
    for (const { run } of ways) assert.deepEqual(urisOf(run), ['iam/open.json']);
    const prints = ways.map(({ run }) => JSON.stringify(run.results[0]!.partialFingerprints));
    assert.equal(new Set(prints).size, 1);
  });
});

it('annotations of GitHub name the file from the root of the checkout, too', async () => {
  const { stdout } = await runCli(bin, ['trust-policy', 'check', 'open.json', '-o', 'github'], {
    cwd: join(checkout, 'iam'),
    env: { GITHUB_WORKSPACE: checkout },
  });
  assert.match(stdout, /^::error file=iam\/open\.json,line=7,col=16,title=TP007/);
});

it('the schema that these tests rest on refuses what is no SARIF', () => {
  const run = { tool: { driver: { name: 'x' } }, results: [{ message: { text: 'm' }, level: 'fatal' }] };
  assert.deepEqual(schemaFaults({ version: '2.1.0', runs: [run] }), [
    '/runs/0/results/0/level must be equal to one of the allowed values',
  ]);
  assert.deepEqual(schemaFaults({ runs: [] }), [" must have required property 'version'"]);
});

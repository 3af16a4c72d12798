// What people hand in instead of a trust policy in UTF-8: other encodings, giants, folders, patterns.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Problem } from '../../src/model/problem.ts';
import { checkPolicy } from '../../src/trust-policy/check.ts';
import { readPolicyText, spreadPaths } from '../../src/trust-policy/input.ts';
import { document, NODE, OPTIONS, trust } from './helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-input-'));
after(() => rmSync(folder, { recursive: true }));
const good = trust({ AWS: NODE });

/** The findings on a file of these bytes, as `CODE LINE:COLUMN observed`. */
async function findingsIn(bytes: Uint8Array | string): Promise<string[]> {
  const path = join(folder, 'policy.json');
  writeFileSync(path, bytes);
  const results = checkPolicy(await readPolicyText(path, empty()), OPTIONS);
  return results
    .filter(({ status }) => status !== 'pass')
    .map(({ code, subject, observed }) => `${code} ${subject.line}:${subject.column} ${observed}`);
}

async function* empty(): AsyncGenerator<Uint8Array> {}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

describe('a file for trust-policy check', () => {
  it('may be correct', async () => assert.deepEqual(await findingsIn(good), []));

  for (const [name, bytes, finding] of [
    ['UTF-8 with a byte order mark', `\ufeff${good}`, 'TP001 1:1 not JSON: it starts with a byte order mark'],
    ['UTF-16, the low byte first', utf16(`\ufeff${good}`), 'TP001 1:1 it is UTF-16, as PowerShell writes it'],
    [
      'UTF-16, the high byte first',
      utf16(`\ufeff${good}`).swap16(),
      'TP001 1:1 it is UTF-16, as PowerShell writes it',
    ],
    ['UTF-16 without a mark', utf16(good), 'TP001 1:1 it is UTF-16, as PowerShell writes it'],
    [
      'Latin-1',
      Buffer.from(document({ Sid: 'Knöten' }), 'latin1'),
      'TP001 5:17 it is not UTF-8 text: the byte 0xF6 is no character there, as in a file saved as Latin-1',
    ],
    [
      'a NUL byte in a string',
      good.replace('Allow', 'Al\0low'),
      'TP001 5:20 not JSON: a control character stands in a string',
    ],
    ['nothing', '', 'TP001 1:1 not JSON: it is empty'],
    [
      'ten mebibytes',
      Buffer.alloc(10 * 1024 * 1024, ' '),
      'TP001 1:1 the document has more than 131072 characters, which is all that IAM takes',
    ],
    [
      'more characters than IAM takes',
      good + ' '.repeat(131_072),
      `TP001 1:1 the document has ${good.length + 131_072} characters; IAM takes 131072 at most`,
    ],
    [
      'arrays a hundred thousand deep',
      '['.repeat(100_000),
      'TP001 1:66 not JSON: it is nested more than 64 deep',
    ],
  ] as const)
    it(`may hold ${name}`, async () => assert.deepEqual(await findingsIn(bytes), [finding]));

  it('may be stdin, whose size is bounded as well', async () => {
    const { name, text, fault } = await readPolicyText('-', from(good));
    assert.deepEqual([name, text, fault], ['stdin', good, null]);
    const endless = await readPolicyText('-', from(...Array(100).fill(' '.repeat(100_000))));
    assert.equal(endless.fault, 'the document has more than 131072 characters, which is all that IAM takes');
  });

  it('may be named by a pattern that the shell left alone, and by a name with brackets', async () => {
    const inner = join(folder, 'many');
    mkdirSync(inner);
    for (const name of ['b.json', 'a.json', 'x[1].json']) writeFileSync(join(inner, name), good);
    const words = [`${inner}/b.json`, `${inner}/?.json`, `${inner}/x[1].json`];
    assert.deepEqual(
      await spreadPaths(words),
      ['b.json', 'a.json', 'x[1].json'].map((name) => join(inner, name)),
    );
    await assert.rejects(spreadPaths([`${inner}/*.yaml`]), { message: `no file matches ${inner}/*.yaml` });
  });

  it('is refused as a folder, with what to type instead', async () => {
    await assert.rejects(readPolicyText(folder, empty()), (error: Problem) => {
      assert.equal(error.message, `cannot read ${folder}: it is a folder`);
      assert.equal(error.next, `name its files: pod-iam trust-policy check '${folder}/*.json'`);
      return true;
    });
  });
});

async function* from(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

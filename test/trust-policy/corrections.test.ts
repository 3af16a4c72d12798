// Corrected documents: the JSON Patch makes of the file what stands beside it, and what stands there no
// longer breaks the rule, nor more rules than before.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PatchOperation, Result } from '../../src/model/finding.ts';
import { jsonDiff } from '../../src/trust-policy/json-diff.ts';
import { broken, document, NODE } from './helpers.ts';
import { lintCases } from './lint-tables.ts';

const corrected = lintCases.flatMap(({ theme, name, text, options }) =>
  broken(text, options)
    .filter(({ fix }) => fix?.jsonPatch)
    .map((finding) => ({ title: `${theme}: ${name}`, text, options, finding })),
);

/** Where the right correction follows from the document alone, there must be one. */
const ALWAYS = 'TP002 TP003 TP016 TP017 TP018 TP026 TP030 TP033 TP036 TP037 TP047'.split(' ');
const OFTEN = 'TP001 TP004 TP009 TP022 TP023 TP024 TP025 TP028 TP029 TP035 TP046 TP048 TP049 TP050'.split(
  ' ',
);

describe('the correction of a finding', () => {
  it('is right in each case of the tables', () => {
    for (const { title, text, options, finding } of corrected) {
      const { patch, jsonPatch } = finding.fix!;
      const after: unknown = JSON.parse(patch!);
      assert.deepEqual(applyPatch(JSON.parse(text), jsonPatch!), after, `${finding.code} ${title}`);
      const [before, now] = [broken(text, options), broken(patch!, options)];
      assert.ok(ofCode(now, finding) < ofCode(before, finding), `${finding.code} stays in ${title}`);
      const failures = (results: readonly Result[]): string[] =>
        results.filter(({ status }) => status === 'fail').map(({ code, observed }) => `${code} ${observed}`);
      assert.ok(failures(now).length <= failures(before).length, `${title}: ${failures(now).join('; ')}`);
    }
    assert.ok(corrected.length >= 200, String(corrected.length));
  });

  it('is there for every code that tells what to write', () => {
    const codes = new Set(corrected.map(({ finding }) => finding.code));
    assert.deepEqual(
      [...ALWAYS, ...OFTEN].filter((code) => !codes.has(code)),
      [],
    );
  });

  it('is one operation where one will do', () => {
    const [finding] = broken(
      document({ Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole', Resource: '*' }),
    );
    assert.deepEqual(finding?.fix?.jsonPatch, [{ op: 'remove', path: '/Statement/0/Resource' }]);
  });

  it('is left out where somebody has to decide, and where keys stand twice', () => {
    const everyone = document({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' });
    const twice = everyone.replace(
      '"Principal": "*"',
      `"Principal": {"AWS": "${NODE}"}, "Resource": "*", "Resource": "*"`,
    );
    for (const text of [everyone, twice])
      assert.deepEqual(
        broken(text).flatMap(({ fix }) => (fix?.jsonPatch ? [fix] : [])),
        [],
      );
  });

  it('ends where a hostile document would make the report a thousand times its size', () => {
    const statement = { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole', Resource: '*' };
    const found = broken(document(...Array(600).fill(statement)));
    const characters = found.reduce((sum, { fix }) => sum + (fix?.patch?.length ?? 0), 0);
    assert.ok(characters > 0 && characters < 2_000_000, String(characters));
  });
});

describe('a JSON Patch', () => {
  for (const [before, after] of [
    [
      { a: 1, b: [1, 2, 3] },
      { b: [1, 3], c: null },
    ],
    [{ 'a/b': { '~': 1 } }, { 'a/b': { '~': [1] } }],
    [
      [1, 2, 3, 4],
      [0, 1, 4],
    ],
    [
      [1, 2],
      [1, 9, 8, 2],
    ],
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }] }],
    [[], [1]],
    [[1, 1, 1], [1]],
  ])
    it(`makes ${JSON.stringify(after)} of ${JSON.stringify(before)}`, () => {
      assert.deepEqual(applyPatch(structuredClone(before), jsonDiff(before, after)), after);
    });
});

const ofCode = (results: readonly Result[], { code }: Result): number =>
  results.filter((result) => result.code === code).length;

/** RFC 6902, sections 4.1 to 4.3, as strictly as it says. */
function applyPatch(target: unknown, operations: readonly PatchOperation[]): unknown {
  const root = { target };
  for (const operation of operations) {
    const steps = ['target', ...operation.path.split('/').slice(1)].map((step) =>
      step.replaceAll('~1', '/').replaceAll('~0', '~'),
    );
    const key = steps.pop()!;
    // biome-ignore lint/suspicious/noExplicitAny: any JSON
    const parent = steps.reduce((value: any, step) => value[step], root);
    if (operation.op !== 'add') assert.ok(Object.hasOwn(parent, key), `${operation.op} ${operation.path}`);
    if (Array.isArray(parent)) {
      assert.match(key, /^(?:0|[1-9]\d*)$/);
      assert.ok(Number(key) <= parent.length);
      parent.splice(
        Number(key),
        operation.op === 'add' ? 0 : 1,
        ...(operation.op === 'remove' ? [] : [operation.value]),
      );
    } else if (operation.op === 'remove') delete parent[key];
    else parent[key] = operation.value;
  }
  return root.target;
}

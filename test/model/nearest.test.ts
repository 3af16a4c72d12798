import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearestName } from '../../src/model/nearest.ts';
import { cpuMs } from '../helpers/cpu-time.ts';
import fc from '../helpers/property.ts';

const cases: [string, string[], string | null][] = [
  ['explian', ['explain', 'install'], 'explain'],
  ['Explain', ['explain'], 'explain'],
  ['trust-policy genrate', ['trust-policy generate', 'trust-policy check'], 'trust-policy generate'],
  ['base-role-arm', ['base-role-arn', 'role-arn'], 'base-role-arn'],
  ['foo', ['up', 'doctor'], null],
  ['ab', ['xy'], null],
  ['ab', ['abc'], 'abc'],
  ['doctor', [], null],
  ['', ['a', 'abc'], 'a'],
  ['blue', ['blue-1', 'blue-2'], 'blue-1'],
];
for (const [given, names, expected] of cases) {
  test(`of ${names.join(', ') || 'no names'}, ${expected ?? 'none'} is meant by "${given}"`, () =>
    assert.equal(nearestName(given, names), expected));
}

test('edit distance is a metric', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(editDistance(a, a), 0);
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.ok(a === b || editDistance(a, b) > 0);
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c));
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});

test('a name with one slip in it is found among others', () => {
  const names = ['default-role', 'session-name', 'namespace-key', 'pod-wait'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
      const cut = at % name.length;
      assert.equal(nearestName(name.slice(0, cut) + name.slice(cut + 1), names), name);
    }),
  );
});

test('a very long word costs nothing to turn down', () => {
  const word = 'x'.repeat(1_000_000);
  const tookMs = cpuMs(() =>
    assert.equal(nearestName(word, Array(200).fill('namespace-restrictions')), null),
  );
  assert.ok(tookMs < 50, `${tookMs} ms`);
});

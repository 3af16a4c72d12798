import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import {
  globMatches,
  hasOpenAlternative,
  kiamPattern,
  legacyPattern,
  MAX_COST,
  patternCost,
  regexpPattern,
} from '../../src/model/pattern.ts';
import { cpuMs } from '../helpers/cpu-time.ts';
import fc from '../helpers/property.ts';

const BASE = 'arn:aws:iam::123456789012:role/';

const globs: [string, string, boolean][] = [
  ['blue', 'blue', true],
  ['blue', 'blue2', false],
  ['blue*', 'blue', true],
  ['blue*', 'blue/x/y', true],
  ['*', '', true],
  ['*', 'anything/at:all', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['*b', 'ab\n', false],
  ['a?c', 'abc', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['**', 'x', true],
];
for (const [pattern, text, expected] of globs) {
  test(`the glob ${pattern} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () =>
    assert.equal(globMatches(pattern, text), expected));
}

test('a glob matches as the same pattern with .* for every star does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/', '.'), maxLength: 10 });
  const words = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(letters, words, (pattern, text) => {
      const source = pattern
        .split('*')
        .map((part) => part.replace(/[.]/g, '\\.'))
        .join('.*');
      assert.equal(globMatches(pattern, text), new RegExp(`^${source}$`, 's').test(text));
    }),
    { numRuns: 500 },
  );
});

test('a glob of many stars is decided at once', () => {
  let isMatch = true;
  const tookMs = cpuMs(() => {
    isMatch = globMatches('*a'.repeat(30_000), `${'a'.repeat(29_999)}b`);
  });
  assert.equal(isMatch, false);
  assert.ok(tookMs < 50, `${tookMs} ms`);
});

const regexps: [string, string, boolean][] = [
  ['blue', 'blue', true],
  ['blue', 'blue2', false],
  ['blue', 'xblue', false],
  ['^blue$', 'blue', true],
  ['blue.*', 'blue/x', true],
  ['a|b', 'a', true],
  ['a|b', 'b', true],
  ['a|b', 'ab', false],
  ['a|b', 'a-and-more', false],
  ['a|b', 'x/b', false],
  ['(?i)BLUE', 'blue', true],
  ['(?m)^blue$', 'blue\nred', false],
  ['.*', 'a\nb', false],
  ['/team/.*', 'team/x', true],
  ['^/team/.*$', 'team/x', true],
  [`${BASE}blue`, 'blue', true],
  [`^${BASE}blue$`, 'blue', true],
  ['arn:aws:iam::999999999999:role/blue', 'blue', false],
];
for (const [source, name, expected] of regexps) {
  test(`the regexp ${source} ${expected ? 'matches' : 'does not match'} the role ${JSON.stringify(name)}`, () =>
    assert.equal(regexpPattern(source, BASE).matches(BASE + name), expected));
}

test('a regexp of a bare name says nothing of another account', () => {
  assert.equal(regexpPattern('.*', BASE).matches('arn:aws:iam::999999999999:role/blue'), false);
});

test('a regexp that is a whole ARN matches that ARN alone, neither a longer one nor one inside another', () => {
  const { matches } = regexpPattern(`${BASE}blue`, BASE);
  assert.deepEqual([`${BASE}blue`, `${BASE}blue-admin`, `x${BASE}blue`].map(matches), [true, false, false]);
});

test('characters of the base ARN are no pattern', () => {
  const pattern = regexpPattern('x', 'arn:aws:iam::123456789012:role/a.b/');
  assert.equal(pattern.matches('arn:aws:iam::123456789012:role/a.b/x'), true);
  assert.equal(pattern.matches('arn:aws:iam::123456789012:role/aXb/x'), false);
});

test('an anchored regexp of a bare name matches exactly the names that it matches whole', () => {
  const sources = fc.constantFrom(
    'a',
    'a*',
    '[ab]+',
    'a|b',
    '(a|b)/c',
    '^a.',
    'a$',
    '(?:)',
    'a{2,3}',
    '\\w+',
  );
  fc.assert(
    fc.property(
      sources,
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/'), maxLength: 6 }),
      (source, name) => {
        assert.equal(
          regexpPattern(source, BASE).matches(BASE + name),
          new RegExp(`^(?:${source})$`).test(name),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('kube2iam’s own reading finds a pattern at the start of a longer name, and an alternative anywhere', () => {
  assert.equal(legacyPattern('dev', BASE).matches(`${BASE}dev-admin`), true);
  assert.equal(legacyPattern('dev$', BASE).matches(`${BASE}dev-admin`), false);
  assert.equal(legacyPattern('dev|admin', BASE).matches('arn:aws:iam::999999999999:role/admin'), true);
});

const permitted: [string, string, boolean][] = [
  ['red_role', `${BASE}red_role`, true],
  ['red', `${BASE}red_role`, false],
  ['.*', `${BASE}red_role`, true],
  ['^red.*$|^.red.*$', `${BASE}orange_role`, false],
  ['^red.*$|^.red.*$', `${BASE}red_role`, true],
  [`${BASE}.*`, `${BASE}red_role`, true],
  ['.*/subpath/.*', `${BASE}subpath/red_role`, true],
  ['arn:aws:iam::999999999999:role/.*', `${BASE}red_role`, false],
];
for (const [source, arn, expected] of permitted) {
  test(`kiam’s permitted ${source} ${expected ? 'allows' : 'does not allow'} ${arn}`, () =>
    assert.equal(kiamPattern(source, BASE).matches(arn), expected));
}

test('kiam’s permitted without a base ARN still matches whole ARNs', () => {
  assert.equal(kiamPattern('.*role/red', null).matches(`${BASE}red`), true);
  assert.equal(kiamPattern('red', null).matches(`${BASE}red`), false);
});

const costs: [string, number][] = [
  ['', 0],
  ['abc', 3],
  ['a{1000}', 1000],
  ['(ab){10}', 30],
  ['((a{10}){10}){10}', 1110],
  ['[a-z]{3,12}', 12],
  ['a{,3}', 5],
  ['\\d{12}', 12],
  ['\\pL{500}', 500],
  ['\\{1000}', 6],
  ['[{1000}]', 2],
  ['[]a{9}]', 1],
  ['[[:alpha:]{9}]', 2],
  ['\\Q[(\\Ea{500}', 506],
];
for (const [source, cost] of costs) {
  test(`the regexp ${source || '(empty)'} is written out to about ${cost} steps`, () =>
    assert.equal(patternCost(source), cost));
}

test('no pattern that RE2 reads is much larger than its cost says', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '\\d',
    '[a-c]',
    '[^]x]',
    '[]x]',
    '[[:alpha:]]',
    '\\pL',
    '(',
    '(?:',
    '(?i)',
    ')',
    '|',
    '*',
    '+',
    '?',
    '{2}',
    '{3,}',
    '{0,20}',
    '{200}',
    '{',
    '}',
    ']',
    '\\[',
    '\\(',
    '\\Q',
    '\\E',
    '^',
    '$',
    '\\b',
    '\\x{41}',
    'é',
    '😀',
  );
  let read = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const source = pieces.join('');
      const cost = patternCost(source);
      if (cost > MAX_COST) return;
      let regexp: RE2JS;
      try {
        regexp = RE2JS.compile(source);
      } catch {
        return;
      }
      read++;
      assert.ok(
        regexp.programSize() <= 4 * cost + 16,
        `${source}: ${regexp.programSize()} steps, cost ${cost}`,
      );
    }),
    { numRuns: 20_000, seed: 7 },
  );
  assert.ok(read > 500, `only ${read} patterns could be read`);
});

for (const source of [
  'a{1000}{1000}',
  '(a{1000}){1000}',
  '(((a{10}){10}){10}){10}',
  '(?:.{1000}|.{1000}|.{1000})',
]) {
  test(`${source} is turned down before it is compiled`, () => {
    const tookMs = cpuMs(() => assert.throws(() => regexpPattern(source, BASE), RangeError));
    assert.ok(tookMs < 20, `${tookMs} ms`);
  });
}

for (const source of ['(', '[', '*', '(?<=a)b', 'a\\', '(?P<', '\\1', 'a{2000}']) {
  test(`${source} is no pattern`, () => assert.throws(() => regexpPattern(source, BASE)));
}

const alternatives: [string, boolean][] = [
  ['a|b', true],
  ['(a|b)', false],
  ['(a)|(b)', true],
  ['[|]', false],
  ['\\|', false],
  ['\\Qa|b\\E', false],
  ['(?:a(b|c))d', false],
  ['a(b)|', true],
];
for (const [source, expected] of alternatives) {
  test(`${source} has ${expected ? 'an' : 'no'} alternative outside all groups`, () =>
    assert.equal(hasOpenAlternative(source), expected));
}

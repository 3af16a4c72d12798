import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PermitSettings, permitFault, permitRole, unanchoredPatterns } from '../../src/model/permits.ts';
import { cpuMs } from '../helpers/cpu-time.ts';

const BASE = 'arn:aws:iam::123456789012:role/';
const ALLOWED = 'iam.amazonaws.com/allowed-roles';
const PERMITTED = 'iam.amazonaws.com/permitted';

const settings = (rest: Partial<PermitSettings> = {}): PermitSettings => ({
  namespaceKey: ALLOWED,
  permitFormat: 'glob',
  baseRoleArn: BASE,
  legacyRegexp: false,
  ...rest,
});
const regexp = settings({ permitFormat: 'regexp' });
const list = (...entries: string[]): Record<string, string> => ({ [ALLOWED]: JSON.stringify(entries) });

// What kube2iam's own tests and its glob library say, and what black-box runs of it showed.
const cases: [string, Record<string, string>, PermitSettings, string, boolean][] = [
  ['a glob on a path', list('path/*'), settings(), 'path/explicit-role', true],
  ['a glob inside a whole ARN', list(`${BASE}path/*-role`), settings(), 'path/explicit-role', true],
  ['the second entry', list('explicit-role2', 'explicit-role'), settings(), 'explicit-role', true],
  ['a star across slashes', list('role-*'), settings(), 'role-/x/y', true],
  ['a leading slash', list('/blue'), settings(), 'blue', true],
  ['a longer name', list('blue'), settings(), 'blue2', false],
  ['another path', list('blue'), settings(), 'team/blue', false],
  ['an empty list', list(), settings(), 'blue', false],
  ['a short name as regexp', list('explicit-role'), regexp, 'explicit-role', true],
  ['a whole ARN as regexp', list(`${BASE}explicit-role`), regexp, 'explicit-role', true],
  ['another ARN as regexp', list(`${BASE}explicit-role`), regexp, 'test-role', false],
  ['several regexps', list('explicit-role', 'glob-.*'), regexp, 'glob-role', true],
  ['an unanchored regexp', list('dev'), regexp, 'dev-admin', false],
  ['an unanchored regexp, as kube2iam', list('dev'), { ...regexp, legacyRegexp: true }, 'dev-admin', true],
];
for (const [what, namespace, how, name, allowed] of cases) {
  test(`${what} ${allowed ? 'allows' : 'does not allow'} ${name}`, () =>
    assert.equal(permitRole(BASE + name, namespace, how).allowed, allowed));
}

test('a permit names the list and the pattern that allowed it', () => {
  assert.deepEqual(permitRole(`${BASE}blue`, list('red', 'bl*'), settings()), {
    allowed: true,
    code: null,
    why: `the namespace's ${ALLOWED} allows it by "bl*"`,
    pattern: 'bl*',
  });
});

test('a refusal names the pattern that came nearest', () => {
  assert.deepEqual(permitRole(`${BASE}blue-app`, list('red', 'blue', 'b'), settings()), {
    allowed: false,
    code: 'AN003',
    why: `the namespace's ${ALLOWED} does not allow it; the nearest pattern is "blue"`,
    pattern: 'blue',
  });
});

test('a namespace without any list allows nothing and says which keys it lacks', () => {
  assert.equal(
    permitRole(`${BASE}blue`, {}, settings()).why,
    `the namespace has neither ${ALLOWED} nor ${PERMITTED}, and namespace restrictions are on`,
  );
});

test('an empty list allows nothing', () => {
  assert.equal(
    permitRole(`${BASE}blue`, list(), settings()).why,
    `the namespace's ${ALLOWED} does not allow it; it is an empty list`,
  );
  assert.equal(permitRole(`${BASE}blue`, { [PERMITTED]: '' }, settings()).code, 'AN003');
});

const unreadable: [string, string, string][] = [
  ['no JSON', 'not valid json', 'is not JSON; it must be an array of strings such as ["blue","team/*"]'],
  ['a blank list', '', 'is not JSON; it must be an array of strings such as ["blue","team/*"]'],
  ['an object', '{"a":1}', 'is not a JSON array of strings'],
  ['a number in the list', '["a",1]', 'is not a JSON array of strings'],
  ['a string', '"blue"', 'is not a JSON array of strings'],
  ['a bad regexp', '["bl(ue"]', 'holds "bl(ue", which is no valid regular expression (RE2 syntax)'],
  ['a look-behind', '["(?<=a)b"]', 'holds "(?<=a)b", which is no valid regular expression (RE2 syntax)'],
  ['a huge repetition', '["(a{1000}){1000}"]', 'holds "(a{1000}){1000}", which is too large'],
  ['1,001 patterns', JSON.stringify(Array(1001).fill('a')), 'holds more than 1000 patterns'],
  ['a list of over 64 KiB', JSON.stringify(['x'.repeat(66_000)]), 'is longer than 65536 characters'],
];
for (const [what, text, fault] of unreadable) {
  test(`${what} is a fault of the list and allows nothing`, () => {
    assert.equal(permitFault({ [ALLOWED]: text }, regexp), `${ALLOWED} ${fault}`);
    const permit = permitRole(`${BASE}blue`, { [ALLOWED]: text }, regexp);
    assert.deepEqual(
      [permit.allowed, permit.code, permit.why],
      [false, 'AN013', `the namespace's ${ALLOWED} ${fault}`],
    );
  });
}

test('a bad pattern does not take the good ones beside it with it', () => {
  const namespace = list('(', 'blue');
  assert.equal(permitRole(`${BASE}blue`, namespace, regexp).allowed, true);
  assert.equal(permitRole(`${BASE}red`, namespace, regexp).code, 'AN013');
  assert.equal(
    permitFault(namespace, regexp),
    `${ALLOWED} holds "(", which is no valid regular expression (RE2 syntax)`,
  );
});

test('patterns from where a list is too large together on are not read, whatever they are', () => {
  const large = Array.from({ length: 6 }, () => 'a{400}');
  assert.equal(permitRole(`${BASE}blue`, list('blue', ...large), regexp).allowed, true);
  const { allowed, code, why } = permitRole(`${BASE}blue`, list(...large, 'blue'), regexp);
  assert.deepEqual([allowed, code], [false, 'AN013']);
  assert.match(why, /too large together; patterns from there on are not read$/);
});

test('a pattern that names what no ARN holds is not read, for thousands of letters would fold by case', () => {
  for (const entry of ['bl\\pL', '[\\P{Greek}]', '[b-\\x{10fffe}]', '\\xe9', '\\351', 'é', '😀']) {
    const { allowed, code, why } = permitRole(`${BASE}blue`, list(entry), regexp);
    assert.deepEqual([allowed, code], [false, 'AN013']);
    assert.equal(
      why,
      `the namespace's ${ALLOWED} holds "${entry}", which names characters that no ARN holds`,
    );
    assert.equal(permitRole(`${BASE}blue`, list(entry, 'blue'), regexp).allowed, true);
  }
  for (const entry of ['bl\\x{75}e', 'bl\\x75e', 'bl\\165e', 'bl[^\\\\p]e'])
    assert.equal(permitRole(`${BASE}blue`, list(entry), regexp).allowed, true, entry);
});

test('no list makes the daemon compute for long, and a list whose pod has another role is compiled once', (t) => {
  const dear: Record<string, string[]> = {
    'ranges that fold by case': [`(?i)${'[b-\\x{10fffe}]'.repeat(1_800)}`],
    'letters of all scripts in one class': [`(?i)[${'\\pL'.repeat(20_000)}]`],
    'a class as long as a list': [`(?i)[${'\\W'.repeat(20_000)}]`],
    'ranges in one class': [`(?i)[${'!-~'.repeat(20_000)}]`],
    'patterns as many as may be': Array.from({ length: 1_000 }, (_, nth) => `.*${nth % 10}`),
    'stars of stars': ['(x*)*\\Sa'.repeat(150)],
  };
  for (const [what, entries] of Object.entries(dear)) {
    const namespace = list(...entries);
    const first = cpuMs(() => permitRole(`${BASE}${what.length}`, namespace, regexp));
    const again = Math.min(
      ...[1, 2, 3, 4, 5].map((nth) =>
        cpuMs(() => permitRole(`${BASE}${nth}-${what.length}`, namespace, regexp)),
      ),
    );
    t.diagnostic(`${what}: ${first.toFixed(1)} ms, and ${again.toFixed(1)} ms for another role`);
    assert.ok(first < 200, `${what}: ${first} ms`);
    assert.ok(again < 5, `${what}: ${again} ms for another role`);
  }
});

test('a pattern is told in so many letters, however long it is', () => {
  const long = `blue${'x'.repeat(5_000)}`;
  const refused = permitRole(`${BASE}blue`, list(long), settings());
  assert.deepEqual([refused.why.length < 300, refused.pattern], [true, long]);
  const allowed = permitRole(`${BASE}blue`, list(`blue${'*'.repeat(5_000)}`), settings());
  assert.deepEqual([allowed.allowed, allowed.why.length < 300], [true, true]);
});

test('kube2iam’s list is read before kiam’s, even when it allows nothing', () => {
  const namespace = { ...list(), [PERMITTED]: '.*' };
  assert.equal(permitRole(`${BASE}blue`, namespace, settings()).allowed, false);
  assert.equal(permitRole(`${BASE}blue`, { [PERMITTED]: '.*' }, settings()).allowed, true);
});

test('another key is read when the daemon was given one', () => {
  const namespace = { 'example.com/roles': '["blue"]', ...list('red') };
  const how = settings({ namespaceKey: 'example.com/roles' });
  assert.equal(permitRole(`${BASE}blue`, namespace, how).allowed, true);
  assert.equal(permitRole(`${BASE}red`, namespace, how).allowed, false);
});

test('kiam’s key given as the daemon’s own goes on holding kiam’s regexp, and a list where one was put', () => {
  for (const permitFormat of ['glob', 'regexp'] as const) {
    const how = settings({ namespaceKey: PERMITTED, permitFormat });
    const allowed = (text: string, name: string) =>
      permitRole(BASE + name, { [PERMITTED]: text }, how).allowed;
    assert.deepEqual([allowed('red|bl.*', 'blue'), allowed('red|bl.*', 'xred')], [true, false]);
    assert.deepEqual([allowed('[a-z]+', 'blue'), allowed('', 'blue')], [true, false]);
    assert.deepEqual([allowed('["blue"]', 'blue'), allowed('["blue"]', 'b')], [true, false]);
    assert.equal(permitFault({ [PERMITTED]: '.*' }, how), null);
    assert.deepEqual(unanchoredPatterns({ [PERMITTED]: 'red|blue' }, how), ['red|blue']);
  }
});

test('a decision is of its role, list and settings alone', () => {
  const ask = (name: string, entry: string, how = settings()): boolean =>
    permitRole(BASE + name, list(entry), how).allowed;
  for (let round = 0; round < 2; round++) {
    assert.equal(ask('blue', 'blue'), true);
    assert.equal(ask('blue', 'red'), false);
    assert.equal(ask('red', 'red'), true);
    assert.equal(ask('blue', 'bl.*'), false);
    assert.equal(ask('blue', 'bl.*', regexp), true);
    assert.equal(ask('blue', 'blue', settings({ baseRoleArn: 'arn:aws:iam::999999999999:role/' })), false);
  }
});

test('a list that is well has no fault, and neither has an absent one', () => {
  assert.equal(permitFault(list('blue', 'team/*'), settings()), null);
  assert.equal(permitFault({}, settings()), null);
  assert.equal(
    permitFault({ [PERMITTED]: '(' }, settings()),
    `${PERMITTED} holds "(", which is no valid regular expression (RE2 syntax)`,
  );
});

test('patterns that kube2iam would find in longer names are listed', () => {
  const entries = ['dev', 'dev$', 'dev.*', 'dev\\$', 'a|b$', '(a|b)$', `${BASE}x`, 'dev\\\\$'];
  assert.deepEqual(unanchoredPatterns(list(...entries), regexp), ['dev', 'dev\\$', 'a|b$', `${BASE}x`]);
});

test('globs are never unanchored, and neither is a list that cannot be read', () => {
  assert.deepEqual(unanchoredPatterns(list('dev'), settings()), []);
  assert.deepEqual(unanchoredPatterns({ [ALLOWED]: 'x' }, regexp), []);
  assert.deepEqual(unanchoredPatterns({}, regexp), []);
});

test('alternatives, which kiam anchors at one end each, are listed', () => {
  assert.deepEqual(unanchoredPatterns({ [PERMITTED]: 'a|b' }, settings()), ['a|b']);
  assert.deepEqual(unanchoredPatterns({ [PERMITTED]: '(a|b)' }, settings()), []);
});

// The worst that fits into an annotation; each must be decided in the time that a request may wait.
const hostile: [string, string[]][] = [
  ['5,000 counted repetitions', Array.from({ length: 5000 }, (_, i) => `a{900}${i}`)],
  ['16,000 globs', Array(16_000).fill('*')],
  ['one pattern of many stars', ['(?:.*a){19}'.repeat(20)]],
  ['optional letters in a row', ['(?:.?a?b?){300}x']],
  ['look-ahead by counting', ['.*a.{900}']],
  ['letters of all scripts', ['.*(?:\\pL\\pN?){450}']],
  ['a thousand bad patterns', Array(1000).fill('a((')],
  ['a thousand middling ones', Array(1000).fill('.*a{40}')],
  ['deep groups', [`${'('.repeat(20_000)}a${')'.repeat(20_000)}`]],
  ['alternatives', [`(?:${'a|'.repeat(900)}b)*`]],
];
for (const [what, entries] of hostile) {
  test(`${what} cannot stall the daemon`, () => {
    const before = process.memoryUsage().heapUsed;
    const role = `${BASE}${'a'.repeat(500)}/${'a'.repeat(63)}c`;
    const tookMs = cpuMs(() => permitRole(role, list(...entries), regexp));
    assert.ok(tookMs < 400, `${tookMs} ms`);
    assert.ok(process.memoryUsage().heapUsed - before < 100e6);
  });
}

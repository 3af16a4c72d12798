import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subject } from '../../src/model/finding.ts';
import { visible } from '../../src/model/visible.ts';
import { redactText } from '../../src/report/redact.ts';
import { duration, shortenMiddle, subjectText, wrap } from '../../src/report/text.ts';
import fc from '../helpers/property.ts';

test('wrapped text loses no word and breaks none', () => {
  fc.assert(
    fc.property(fc.lorem({ maxCount: 30 }), fc.integer({ min: 1, max: 60 }), (text, width) => {
      const lines = wrap(text, width);
      assert.equal(lines.join(' '), text);
      for (const line of lines) assert.ok(line.length <= width || !line.includes(' '));
    }),
  );
});

test('a command to a CI job that wrapping would put at the start of a line is broken', () => {
  assert.deepEqual(wrap('a b ::stop-commands::c d', 4), ['a b', '\\::stop-commands::c', 'd']);
  assert.deepEqual(wrap('aaaa  ::error::c', 4), ['aaaa', '\\::error::c']);
});

test('line ends in a text are kept', () => assert.deepEqual(wrap('a\n\nb c', 1), ['a', '', 'b', 'c']));

test('a shortened text is exactly as long as it may be and keeps both ends', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 20, maxLength: 99 }), fc.integer({ min: 8, max: 19 }), (text, max) => {
      const short = shortenMiddle(text, max);
      assert.equal(short.length, max);
      assert.equal(short[0], text[0]);
      assert.equal(short.at(-1), text.at(-1));
    }),
  );
});

test('a text that fits is left alone', () => assert.equal(shortenMiddle('abc', 3), 'abc'));

test('no control character is left', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
  assert.equal(visible('a\nb\tc\x1b[31m'), 'a\\nb\\tc\\x1b[31m');
  assert.equal(visible('a\nb', { lines: true }), 'a\nb');
});

const subjects: [ReturnType<typeof subject>, string][] = [
  [subject('Pod', 'p', { namespace: 'n', container: 'c', node: 'w' }), 'Pod n/p, container c, node w'],
  [subject('Role', 'arn:x', { role: 'arn:x' }), 'Role arn:x'],
  [subject('TrustPolicy', 'f.json', { file: 'f.json', line: 2, pointer: '/a' }), 'TrustPolicy f.json:2#/a'],
  [subject('TrustPolicy', 'f.json', { file: 'f.json' }), 'TrustPolicy f.json'],
];
for (const [of, text] of subjects)
  test(`a subject reads "${text}"`, () => assert.equal(subjectText(of), text));

const durations: [number, string][] = [
  [0, '0 ms'],
  [41.6, '42 ms'],
  [999.7, '1000 ms'],
  [1000, '1.0 s'],
  [61_000, '61.0 s'],
];
for (const [ms, text] of durations) test(`${ms} is ${text}`, () => assert.equal(duration(ms), text));

const redacted: [string, string][] = [
  ['key AKIAIOSFODNN7EXAMPLE used', 'key …MPLE used'],
  ['ASIAIOSFODNN7EXAMPLE', '…MPLE'],
  ['aws_secret_access_key = abc/def+g', 'aws_secret_access_key = [secret]'],
  [
    '{"SecretAccessKey":"abc","SessionToken":"xyz"}',
    '{"SecretAccessKey":"[secret]","SessionToken":"[secret]"}',
  ],
  ['Authorization: Bearer abcdefghijklmnopqrst', 'Authorization: Bearer [token]'],
  ['the bearer token is missing', 'the bearer token is missing'],
  ['arn:aws:iam::111122223333:role/AKIA', 'arn:aws:iam::111122223333:role/AKIA'],
  ['AROAIOSFODNN7EXAMPLE', 'AROAIOSFODNN7EXAMPLE'],
];
for (const [text, expected] of redacted)
  test(`"${text}" is printed as "${expected}"`, () => assert.equal(redactText(text), expected));

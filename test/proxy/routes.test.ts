// The reading of request lines as a property: whatever is sent, nothing that could lead to
// credentials is ever a path to pass on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PATH_PRESETS } from '../../src/model/allow-paths.ts';
import { isAllowed } from '../../src/proxy/routes/pass-through.ts';
import { readTarget } from '../../src/proxy/routes/target.ts';
import fc from '../helpers/property.ts';

const piece = fc.constantFrom(
  ...['latest', '2021-01-03', 'meta-data', 'iam', 'IAM', 'security-credentials', 'Security-Credentials'],
  ...[
    'security-credentials-extended',
    'identity-credentials',
    'ec2',
    'info',
    'user-data',
    'placement',
    'region',
  ],
  ...['node', 'blue', 'api', 'token', '-', 'pod-iam', 'http://169.254.169.254', 'x@169.254.169.254'],
);
const glue = fc.constantFrom(
  ...[
    '/',
    '//',
    '/./',
    '/../',
    '%2f',
    '%2F',
    '%252f',
    '/%2e%2e/',
    '/..%2f',
    '\\',
    ';',
    '?',
    '#',
    '%00',
    '%0a',
  ],
  ...['%', '%zz', '/.%2e/', ' ', '%20', '\u2215', '%ef%bc%8f', '%c0%af', ':80/', '@'],
);
const line = fc
  .array(fc.tuple(glue, piece), { minLength: 1, maxLength: 9 })
  .map((parts) => parts.map(([between, what]) => between + what).join(''));

describe('the reading of a request line', () => {
  test('never makes a path to pass on out of one that leads to credentials', () => {
    fc.assert(
      fc.property(fc.oneof(line, fc.string({ unit: 'binary' })), (text) => {
        const { target } = readTarget(text);
        if (target.kind !== 'metadata') return;
        assert.match(target.path, /^\/(?:[\w+=,.:@-]+\/?)+$/);
        assert.doesNotMatch(target.path, /security-credentials|identity-credentials|\/iam(?:\/|$)/i);
        assert.doesNotMatch(target.path, /(?:^|\/)\.{1,2}(?:\/|$)|\/\//);
        // What the real service reads is what was judged: reading it again changes nothing.
        assert.deepEqual(readTarget(target.path).target, target);
      }),
      { numRuns: 20_000 },
    );
  });

  test('finds a role with every character that IAM allows', () => {
    for (const role of [
      'blue',
      'team/green',
      'a+b=c,d.e@f-g_h',
      'arn:aws:iam::111122223333:role/x/y',
      'p!a#th',
    ])
      assert.deepEqual(
        readTarget(`/latest/meta-data/iam/security-credentials/${encodeURIComponent(role)}`).target,
        { kind: 'document', role },
      );
  });
});

describe('the allow-list', () => {
  const standard = PATH_PRESETS['default']!;
  for (const [name, allowed] of [
    ['meta-data', true],
    ['meta-data/instance-id', true],
    ['meta-data/placement', true],
    ['meta-data/placement/region', true],
    ['dynamic/instance-identity/document', true],
    ['dynamic/instance-identity/signature', false],
    ['dynamic/instance-identity', false],
    ['meta-data/instance-identity', false],
    ['META-DATA/instance-id', false],
    ['meta-data/tags/instance/Name', false],
    ['user-data', false],
    ['', false],
  ] as const)
    test(`${allowed ? 'passes' : 'stops'} "${name}" by default`, () => {
      assert.equal(isAllowed(name, standard), allowed);
    });

  test('passes user data only where it is named', () => {
    assert.equal(isAllowed('user-data', ['*']), false);
    assert.equal(isAllowed('user-data', ['user-data']), true);
  });
});

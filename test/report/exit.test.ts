import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fail,
  pass,
  type Result,
  type Severity,
  skip,
  subject,
  unknown,
  warn,
} from '../../src/model/finding.ts';
import { exitCodeOf, type FailOn } from '../../src/report/index.ts';
import { report, result, WORKLOADS } from './fixture.ts';

const words = { expected: '', observed: '' };
const of = subject('Pod', 'p');
const good = result('NW001', 't', 'error', pass(of, words));
const make = (status: typeof pass, severity: Severity): Result =>
  result('X', 't', severity, status(of, words));

const cases: [string, Result[], FailOn, number][] = [
  ['passes', [good], 'error', 0],
  ['a failed error', [good, make(fail, 'error')], 'error', 1],
  ['a failed security check', [good, make(fail, 'security')], 'error', 1],
  ['a failed warning', [good, make(fail, 'warning')], 'error', 0],
  ['a failed warning', [good, make(fail, 'warning')], 'warning', 1],
  ['an error check that warns', [good, make(warn, 'error')], 'error', 0],
  ['an error check that warns', [good, make(warn, 'error')], 'warning', 1],
  ['a note', [good, make(fail, 'info')], 'warning', 0],
  ['a note', [good, make(warn, 'info')], 'info', 1],
  ['an unknown error check', [good, make(unknown, 'error')], 'error', 3],
  ['an unknown security check', [good, make(unknown, 'security')], 'error', 3],
  ['an unknown warning', [good, make(unknown, 'warning')], 'error', 0],
  ['an unknown warning', [good, make(unknown, 'warning')], 'warning', 3],
  ['a finding beside an unknown', [make(fail, 'error'), make(unknown, 'error')], 'error', 1],
  ['a skip', [good, result('X', 't', 'error', skip(of, 'NW001', words))], 'error', 0],
  ['nothing at all', [], 'error', 3],
];
for (const [what, results, failOn, code] of cases) {
  test(`${what} with --fail-on ${failOn} is exit ${code}`, () =>
    assert.equal(exitCodeOf(report(results), failOn), code));
}

test('an incomplete run is not proven, and an interrupted one is interrupted whatever it found', () => {
  assert.equal(exitCodeOf(report([good], { complete: false })), 3);
  assert.equal(exitCodeOf(report([make(fail, 'error')], { complete: false })), 1);
  assert.equal(
    exitCodeOf(report([make(fail, 'error')], { complete: false }), 'error', { interrupted: true }),
    4,
  );
});

test('a workload that was disproven is a finding, and one that could not be asked is not proven', () => {
  const [right, without] = WORKLOADS;
  const unasked = result(
    'ID008',
    't',
    'warning',
    unknown(subject('Deployment', 'blue', { namespace: 'apps' }), words),
  );
  assert.equal(exitCodeOf(report([good], { workloads: [right!] })), 0);
  assert.equal(exitCodeOf(report([good], { workloads: [right!, without!] })), 1);
  assert.equal(exitCodeOf(report([good, unasked], { workloads: [right!, without!] })), 3);
  assert.equal(exitCodeOf(report([good, unasked], { workloads: [{ ...without!, provenArn: 'arn:x' }] })), 1);
});

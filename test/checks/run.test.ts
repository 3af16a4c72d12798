import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leftOut, runChecks, summarise } from '../../src/checks/run.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import {
  bareProbe,
  forbidden,
  goodAws,
  goodProbe,
  goodSnapshot,
  role,
  roleArn,
  rolesOf,
  trusting,
  withWorkloads,
  workload,
} from '../helpers/snapshot.ts';

const all = { by: ['K', 'I', 'A'] as const };
const bad = (snapshot: Snapshot) =>
  runChecks(snapshot, all)
    .filter(({ status }) => status !== 'pass')
    .map(({ code, status, because }) => [code, status, because]);

const blue = workload('blue', 'blue');
const refused = goodProbe(blue, 'node-1', {
  document: {
    status: 502,
    ms: 9,
    failure: null,
    body: null,
    asked: 'blue',
    code: 'Failed',
    keyIdEnding: null,
    expiration: null,
    message: 'the trust policy refuses',
  },
  caller: null,
  invented: null,
  firstCredentialMs: null,
  remainingSeconds: null,
});
const brokenTrust = (more: Partial<Snapshot> = {}): Snapshot =>
  goodSnapshot({
    aws: goodAws({ roles: rolesOf(role('blue', trusting(roleArn('wrong'))), role('nodes')) }),
    probes: known([refused, bareProbe('apps', 'node-1')], ''),
    ...more,
  });

describe('a run of the checks', () => {
  it('passes a good snapshot in every check', () => {
    assert.deepEqual(bad(goodSnapshot()), []);
    const summary = summarise(runChecks(goodSnapshot(), all));
    assert.equal(summary.pass, runChecks(goodSnapshot(), all).length);
  });

  it('tells one cause once: what a broken trust policy makes pointless is skipped because of it', () => {
    assert.deepEqual(bad(brokenTrust()), [
      ['TP018', 'fail', null],
      ['ID010', 'skip', 'TP018'],
      ['ID009', 'skip', 'TP018'],
      ['ID008', 'skip', 'TP018'],
      ['LK001', 'unknown', null],
      ['LK002', 'skip', 'TP018'],
      ['LK004', 'skip', 'TP018'],
      ['LK005', 'skip', 'TP018'],
      ['CR001', 'skip', 'TP018'],
      ['CR002', 'skip', 'TP018'],
    ]);
  });

  it('leaves the other workloads alone', () => {
    const red = workload('red', 'red');
    const snapshot = brokenTrust({
      workloads: known([blue, red], ''),
      probes: known([refused, goodProbe(red, 'node-2'), bareProbe('apps', 'node-2')], ''),
      aws: goodAws({ roles: rolesOf(role('blue', trusting(roleArn('wrong'))), role('red'), role('nodes')) }),
    });
    const failures = runChecks(snapshot, all).filter(
      ({ subject, status }) => subject.name === 'red' && status !== 'pass',
    );
    assert.deepEqual(failures, []);
  });

  it('never skips a leak, whatever caused it', () => {
    const leaky = {
      ...refused,
      attempts: { 'other-role': { ...refused.attempts['other-role']!, leaked: true } },
    };
    const results = runChecks(brokenTrust({ probes: known([leaky], '') }), all);
    assert.equal(results.find(({ code }) => code === 'LK002')!.status, 'fail');
  });

  it('keeps what was shown in spite of a failed parent, such as credentials still served from the cache', () => {
    const cached = brokenTrust({ probes: goodSnapshot().probes });
    assert.deepEqual(bad(cached), [['TP018', 'fail', null]]);
  });

  it('does not take an unknown parent for a failed one', () => {
    const roles = { [roleArn('blue')]: forbidden('iam:GetRole') };
    const snapshot = brokenTrust({ aws: goodAws({ roles }) });
    const results = bad(snapshot);
    assert.deepEqual(results[0], ['AN010', 'unknown', null]);
    assert.deepEqual(results[1], ['TP018', 'unknown', null]);
    assert.deepEqual(results[2], ['ID010', 'fail', null]);
  });

  it('lets a failure on a node explain what failed on it', () => {
    const silence = { status: 0, ms: 0, failure: 'timed out', body: null };
    const slow = goodProbe(blue, 'node-1', {
      token: { ...silence },
      listing: { ...silence },
      document: null,
      caller: null,
    });
    const results = runChecks(goodSnapshot({ probes: known([slow], '') }), all);
    assert.equal(results.find(({ code }) => code === 'NW010')!.status, 'fail');
    const noCredentials = results.find(({ code }) => code === 'ID010')!;
    assert.equal(noCredentials.because, 'NW010');
    assert.match(noCredentials.observed, /^pointless until NW010 is mended; seen: step 1, the token/);
  });

  it('does not ask for what AWS would have told when it was left out on purpose', () => {
    const roles = { [roleArn('blue')]: forbidden('iam:GetRole') };
    const snapshot = brokenTrust({ aws: goodAws({ roles }) });
    const codes = runChecks(snapshot, { by: ['K', 'A'] }).map(({ code }) => code);
    assert.ok(!codes.includes('TP018') && !codes.includes('AN010'));
    const proven = goodSnapshot({ aws: goodAws({ roles }) });
    const trust = runChecks(proven, { by: ['K', 'A'], only: ['TP018'] });
    assert.deepEqual(
      trust.map(({ status }) => status),
      ['pass'],
    );
  });

  it('leaves out what this run cannot decide, and tells which', () => {
    const codes = new Set(runChecks(goodSnapshot(), { by: ['F'] }).map(({ code }) => code));
    assert.deepEqual([...codes], ['AN001', 'AN002', 'AN004', 'AN012', 'ID004']);
    assert.ok(leftOut(['K']).includes('NW001'));
    assert.ok(!leftOut(['K']).includes('AN001'));
  });

  it('reports only the codes that were asked for, and knows the parents all the same', () => {
    const results = runChecks(brokenTrust(), { ...all, only: ['ID010'] });
    assert.deepEqual(
      results.map(({ code, status, because }) => [code, status, because]),
      [['ID010', 'skip', 'TP018']],
    );
    const others = runChecks(brokenTrust(), { ...all, skip: ['TP018'] });
    const codes = (results: typeof others) => [...new Set(results.map(({ code }) => code))];
    assert.deepEqual(
      codes(others),
      codes(runChecks(brokenTrust(), all)).filter((code) => code !== 'TP018'),
    );
  });

  it('is the same whatever the order of the facts', () => {
    const workloads = ['c', 'a', 'b'].map((name) => workload(name, 'blue'));
    const one = runChecks(withWorkloads(workloads), all);
    const other = runChecks(withWorkloads([...workloads].reverse()), all);
    assert.deepEqual(one, other);
  });
});

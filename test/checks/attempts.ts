// What LK002, LK004 and LK005 have in common, as one set of tests: when an attempt counts as refused.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Finding } from '../../src/model/finding.ts';
import type { Attempt, AttemptName, ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import { goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

interface Case {
  run(snapshot: Snapshot): Finding[];
  /** What the check says of a good probe. */
  refused: string;
  /** An attempt of the check, and the path that it asks for. */
  name: AttemptName;
  path: string;
}

const good = goodProbe(workload('blue', 'blue'), 'node-1');

/** Judges a probe in which one attempt came out otherwise. */
export const tryingWith =
  (run: Case['run']) =>
  (name: AttemptName, more: Partial<Attempt>): Finding =>
    judgedBy(run, { attempts: { ...good.attempts, [name]: { ...good.attempts[name]!, ...more } } });

const judgedBy = (run: Case['run'], more: Partial<ProbeObservation>): Finding =>
  run(goodSnapshot({ probes: known([{ ...good, ...more }], '') }))[0]!;

export function itJudgesAttempts({ run, refused, name, path }: Case): void {
  const judged = (more: Partial<ProbeObservation>) => judgedBy(run, more);
  const trying = tryingWith(run);

  it('passes when it was refused while its own role was served with the same token', () => {
    const finding = judged({});
    assert.equal(told([finding])[0], `pass Deployment/blue: ${refused}`);
    assert.deepEqual(finding.control, {
      what: 'its own role, asked for with the same token',
      outcome: '200 in 3 ms',
    });
  });

  it('fails when it is answered', () => {
    const answered = `fail Deployment/blue: GET ${path} answered 200`;
    assert.equal(told([trying(name, { status: 200 })])[0], answered);
    assert.equal(told([trying(name, { status: 200, leaked: true })])[0], `${answered} with a secret key`);
  });

  it('is unknown when its own role was refused as well, so that the refusal proves nothing', () => {
    const finding = judged({ document: { ...good.document!, status: 502, keyIdEnding: null } });
    assert.equal(
      told([finding])[0],
      'unknown Deployment/blue: refused, but so was its own role, so the refusal proves nothing',
    );
  });

  it('is unknown when the attempt got no answer, or one that may come from beyond the proxy', () => {
    assert.equal(
      told([trying(name, { status: 0, failure: 'timed out' })])[0],
      `unknown Deployment/blue: not refused, but failed: ${name} no answer: timed out`,
    );
    assert.equal(
      told([trying(name, { status: 502, ms: 3 })])[0],
      `unknown Deployment/blue: not refused, but failed: ${name} 502 in 3 ms`,
    );
    assert.equal(
      told([trying(name, { status: 403, ms: 3, code: 'AssumeRoleUnauthorizedAccess' })])[0],
      `unknown Deployment/blue: not refused, but failed: ${name} 403 in 3 ms, by STS and not by the proxy`,
    );
    assert.equal(trying(name, { status: 403, code: 'OtherRole' }).status, 'pass');
    assert.equal(trying(name, { status: 301 }).status, 'unknown');
    assert.equal(judged({ attempts: {} }).status, 'unknown');
  });

  it('is skipped for ID010 when the pod did not run, and unknown when none was run', () => {
    const outcome = { state: 'not-run' as const, why: 'no room', next: 'make room' };
    assert.equal(judged({ outcome }).because, 'ID010');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
}

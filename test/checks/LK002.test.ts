import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/LK002.ts';
import type { Attempt, AttemptName, ProbeObservation } from '../../src/model/observation.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import { goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

const good = goodProbe(workload('blue', 'blue'), 'node-1');
const judged = (more: Partial<ProbeObservation>) =>
  run(goodSnapshot({ probes: known([{ ...good, ...more }], '') }))[0]!;
const trying = (name: AttemptName, more: Partial<Attempt>) =>
  judged({ attempts: { ...good.attempts, [name]: { ...good.attempts[name]!, ...more } } });

describe('LK002', () => {
  it('passes when it was refused while its own role was served with the same token', () => {
    const finding = judged({});
    assert.equal(told([finding])[0], 'pass Deployment/blue: other-role 403');
    assert.deepEqual(finding.control, {
      what: 'its own role, asked for with the same token',
      outcome: '200 in 3 ms',
    });
  });

  it('fails when it is answered', () => {
    assert.equal(
      told([trying('other-role', { status: 200 })])[0],
      'fail Deployment/blue: GET /latest/meta-data/iam/security-credentials/red answered 200',
    );
    assert.equal(
      told([trying('other-role', { status: 200, leaked: true })])[0],
      'fail Deployment/blue: GET /latest/meta-data/iam/security-credentials/red answered 200 with a secret key',
    );
  });

  it('is unknown when its own role was refused as well, so that the refusal proves nothing', () => {
    const finding = judged({ document: { ...good.document!, status: 502, keyIdEnding: null } });
    assert.equal(
      told([finding])[0],
      'unknown Deployment/blue: refused, but so was its own role, so the refusal proves nothing',
    );
  });

  it('is unknown when the attempt got no answer', () => {
    const finding = trying('other-role', { status: 0, failure: 'timed out' });
    assert.equal(told([finding])[0], 'unknown Deployment/blue: not answered: other-role');
    assert.equal(judged({ attempts: {} }).status, 'unknown');
  });

  it('is skipped for ID010 when the pod did not run, and unknown when none was run', () => {
    const outcome = { state: 'not-run' as const, why: 'no room', next: 'make room' };
    assert.equal(judged({ outcome }).because, 'ID010');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});

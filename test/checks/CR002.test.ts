import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/CR002.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, unknownFact } from '../../src/model/snapshot.ts';
import { goodProbe, goodSnapshot, told, workload } from '../helpers/snapshot.ts';

const good = goodProbe(workload('blue', 'blue'), 'node-1');
const judged = (more: Partial<ProbeObservation>) =>
  run(goodSnapshot({ probes: known([{ ...good, ...more }], '') }))[0]!;

describe('CR002', () => {
  it('passes from 25 minutes on', () => {
    assert.equal(told([judged({ remainingSeconds: 1500 })])[0], 'pass Deployment/blue: 25 min');
  });

  it('fails below', () => {
    assert.equal(told([judged({ remainingSeconds: 1499 })])[0], 'fail Deployment/blue: 24 min');
    assert.equal(judged({ remainingSeconds: -5 }).status, 'fail');
  });

  it('is unknown when the Expiration cannot be read', () => {
    const document = { ...good.document!, expiration: 'tomorrow' };
    assert.equal(
      told([judged({ remainingSeconds: null, document })])[0],
      'unknown Deployment/blue: the Expiration tomorrow cannot be read',
    );
  });

  it('is skipped for ID010 without credentials, and unknown without diagnostic pods', () => {
    assert.equal(judged({ document: null }).because, 'ID010');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});

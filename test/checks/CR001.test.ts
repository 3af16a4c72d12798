import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/CR001.ts';
import { unknownFact } from '../../src/model/snapshot.ts';
import { goodSnapshot, told } from '../helpers/snapshot.ts';
import { goodBlue, judging } from './judged.ts';

const judged = judging(run);

describe('CR001', () => {
  it('passes within a second, and shows each step', () => {
    const finding = judged({});
    assert.equal(told([finding])[0], 'pass Deployment/blue: 9 ms');
    assert.deepEqual(
      finding.evidence.map(({ what }) => what),
      ['token', 'listing', 'document'],
    );
    assert.equal(finding.control?.outcome, '200 in 3 ms');
  });

  it('fails when one of the three takes a second, as an SDK has given up by then', () => {
    const listing = { ...goodBlue.listing!, ms: 1000 };
    assert.equal(told([judged({ firstCredentialMs: 1006, listing })])[0], 'fail Deployment/blue: 1006 ms');
  });

  it('only warns when the three together take a second', () => {
    assert.equal(told([judged({ firstCredentialMs: 1000 })])[0], 'warn Deployment/blue: 1000 ms');
  });

  it('is skipped for ID010 without credentials, and unknown without diagnostic pods', () => {
    assert.equal(judged({ firstCredentialMs: null }).because, 'ID010');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});

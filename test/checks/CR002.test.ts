import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/CR002.ts';
import { unknownFact } from '../../src/model/snapshot.ts';
import { goodSnapshot, told } from '../helpers/snapshot.ts';
import { goodBlue, judging } from './judged.ts';

const judged = judging(run);

describe('CR002', () => {
  it('passes from 25 minutes on', () => {
    assert.equal(told([judged({ remainingSeconds: 1500 })])[0], 'pass Deployment/blue: 25 min');
  });

  it('fails below', () => {
    assert.equal(told([judged({ remainingSeconds: 1499 })])[0], 'fail Deployment/blue: 24 min');
    assert.equal(judged({ remainingSeconds: -5 }).status, 'fail');
  });

  it('is unknown when the Expiration cannot be read', () => {
    const document = { ...goodBlue.document!, expiration: 'tomorrow' };
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

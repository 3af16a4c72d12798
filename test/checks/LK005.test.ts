import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/LK005.ts';
import { itJudgesAttempts, tryingWith } from './attempts.ts';

describe('LK005', () => {
  itJudgesAttempts({
    run,
    refused: 'iam-info 404, identity-credentials 404',
    name: 'identity-credentials',
    path: '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
  });

  it("lets iam/info tell of the pod's own role, and of no other", () => {
    const trying = tryingWith(run);
    const info = (name: string) => ({
      status: 200,
      body: `{"Code":"Success","InstanceProfileArn":"arn:aws:iam::111122223333:instance-profile/${name}"}`,
    });
    assert.equal(trying('iam-info', info('blue')).status, 'pass');
    assert.equal(trying('iam-info', info('nodes')).status, 'fail');
    assert.equal(trying('iam-info', { status: 200, body: null }).status, 'fail');
  });
});

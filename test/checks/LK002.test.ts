import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/LK002.ts';
import { INVENTED_ROLE } from '../../src/model/observation.ts';
import { told } from '../helpers/snapshot.ts';
import { itJudgesAttempts, tryingWith } from './attempts.ts';

describe('LK002', () => {
  itJudgesAttempts({
    run,
    refused: 'other-role 403',
    name: 'other-role',
    path: '/latest/meta-data/iam/security-credentials/red',
  });

  describe('where no other role is known, and an invented one was asked for', () => {
    const path = `/latest/meta-data/iam/security-credentials/${INVENTED_ROLE}`;
    const trying = (code: string | null) => tryingWith(run)('other-role', { path, status: 403, ms: 3, code });

    it("passes by the daemon's own word", () => {
      assert.equal(told([trying('OtherRole')])[0], 'pass Deployment/blue: other-role 403');
    });

    it('is unknown by any other no, as STS refuses such a role to whoever asks', () => {
      const words = 'which may be a no of STS: nobody has the role that was asked for';
      assert.equal(told([trying(null)])[0], `unknown Deployment/blue: other-role 403 in 3 ms, ${words}`);
    });
  });
});

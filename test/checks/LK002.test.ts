import { describe } from 'node:test';
import { run } from '../../src/checks/LK002.ts';
import { itJudgesAttempts } from './attempts.ts';

describe('LK002', () => {
  itJudgesAttempts({
    run,
    refused: 'other-role 403',
    name: 'other-role',
    path: '/latest/meta-data/iam/security-credentials/red',
  });
});

import { describe } from 'node:test';
import { run } from '../../src/checks/LK004.ts';
import { itJudgesAttempts } from './attempts.ts';

describe('LK004', () => {
  itJudgesAttempts({
    run,
    refused: 'extended 404, extended-role 404',
    name: 'extended-role',
    path: '/latest/meta-data/iam/security-credentials-extended/red',
  });
});

import { describe } from 'node:test';
import { run } from '../../src/checks/NW004.ts';
import { itJudgesTheRedirect } from './redirect.ts';

describe('NW004', () => itJudgesTheRedirect('NW004', run, 'the keeper of the redirect sees none'));

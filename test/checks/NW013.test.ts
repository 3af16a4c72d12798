import { describe } from 'node:test';
import { run } from '../../src/checks/NW013.ts';
import { itJudgesTheRedirect } from './redirect.ts';

describe('NW013', () => itJudgesTheRedirect('NW013', run, 'the keeper of the redirect misses nothing'));

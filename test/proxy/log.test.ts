import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../src/proxy/log.ts';
import { HOSTILE, obeyed } from '../helpers/obeyed.ts';

test('a line of the log holds what others wrote, in letters that nothing obeys', () => {
  const lines: string[] = [];
  const why = HOSTILE.join('');
  createLog('info', { write: (line) => void lines.push(line) }).info({ why }, why);
  assert.equal(obeyed(lines.join('')), null);
  const { why: told, msg } = JSON.parse(lines[0]!);
  assert.deepEqual([lines.length, told, msg], [1, why, why]);
});

// Whatever a command says of a cluster or of a file goes through one of these ways.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { HOSTILE, obeyed } from '../helpers/obeyed.ts';
import { runCli } from '../helpers/run-cli.ts';

const run = (args: string[], env = {}) => runCli(join(import.meta.dirname, 'fixture/run.ts'), args, { env });

test('nothing that others wrote is obeyed in the lines of a command', async () => {
  const { code, stdout, stderr } = await run(['words']);
  assert.deepEqual([code, obeyed(stdout), obeyed(stderr)], [0, null, null]);
  for (const text of [stdout, stderr]) assert.match(text, /^\\::error::x$/m);
});

test('nothing that others wrote is obeyed in JSON, which holds it letter for letter', async () => {
  const { stdout } = await run(['words', '--json']);
  assert.equal(obeyed(stdout), null);
  assert.equal(JSON.parse(stdout).words, `\n${HOSTILE.join('')}\n${HOSTILE.join('\n')}`);
});

test('nothing of an error is obeyed, in words or in JSON', async () => {
  const name = HOSTILE.join('');
  for (const args of [
    ['flags', '--name', 'x', '--size', name],
    ['flags', '--name', 'x', '--json', '--size', name],
  ]) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, obeyed(stdout), obeyed(stderr)], [2, null, null]);
  }
});

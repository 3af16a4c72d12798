import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ran, runCli } from '../helpers/run-cli.ts';

/** Interrupts a waiting command at each of these points of what it says. */
function interrupted(args: string[], points: string[], signal: NodeJS.Signals = 'SIGINT'): Promise<Ran> {
  const left = [...points];
  return runCli(join(import.meta.dirname, 'fixture/run.ts'), ['wait', ...args], {
    onStderr(text, child) {
      if (left[0] === undefined || !text.includes(left[0])) return;
      left.shift();
      child.kill(signal);
    },
  });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a command with nothing to clean up at once, with 4`, async () => {
    assert.deepEqual(await interrupted([], ['ready'], signal), {
      code: 4,
      stdout: '',
      stderr: `ready\nError: the run was interrupted by ${signal}\n  Next: run the same command again\n`,
    });
  });

  test(`${signal} lets a command clean up, and it ends with 4`, async () => {
    const ran = await interrupted(['--heed'], ['ready'], signal);
    assert.deepEqual(ran, {
      code: 4,
      stdout: '',
      stderr: [
        'waiting for the end',
        'ready',
        '',
        `Stopping and cleaning up after ${signal}; once more quits at once.`,
        'cleaned up',
        `Error: the run was interrupted by ${signal}`,
        '  Next: run the same command again',
        '',
      ].join('\n'),
    });
  });
}

test('a second interrupt quits at once', async () => {
  const startedAt = performance.now();
  const { code, stderr } = await interrupted(['--heed', '--stubborn'], ['ready', 'once more quits']);
  assert.equal(code, 4);
  assert.doesNotMatch(stderr, /cleaned up/);
  assert.ok(performance.now() - startedAt < 10_000);
});

test('an interrupt is told as JSON too', async () => {
  for (const args of [['--json'], ['--heed', '--json']]) {
    const { code, stdout } = await interrupted(args, ['ready']);
    assert.equal(code, 4);
    const error = {
      code: 'INTERRUPTED',
      message: 'the run was interrupted by SIGINT',
      why: null,
      next: 'run the same command again',
      exitCode: 4,
    };
    assert.deepEqual(JSON.parse(stdout), { schemaVersion: 1, error });
  }
});

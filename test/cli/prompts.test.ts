import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ran, runCli } from '../helpers/run-cli.ts';

const ask = (args: string[], input: string, terminal = true): Promise<Ran> =>
  runCli(join(import.meta.dirname, 'fixture/run.ts'), ['ask', ...args], {
    input,
    nodeArgs: terminal ? ['--import', join(import.meta.dirname, 'fixture/terminal.ts')] : [],
    env: { NO_COLOR: '1', TERM: 'xterm' },
  });

test('without a terminal a question is a usage error that names its flag', async () => {
  assert.deepEqual(await ask([], 'y\n', false), {
    code: 2,
    stdout: '',
    stderr: 'Error: there is no terminal to ask "Apply 7 changes?"\n  Next: give --yes\n',
  });
});

test('the flag answers without a terminal', async () => {
  assert.deepEqual(await ask(['--yes'], '', false), { code: 0, stdout: 'applied\n', stderr: '' });
});

const answers: [string, string, string, string][] = [
  ['confirm', 'y\n', 'applied\n', 'Apply 7 changes?'],
  ['text', 'arn:x\n', 'arn:x\n', 'Base role ARN?'],
  ['text', '\n', 'none\n', 'Base role ARN?'],
];
for (const [kind, input, stdout, question] of answers) {
  test(`${kind} takes ${JSON.stringify(input)}, asks on stderr and leaves stdout to the result`, async () => {
    const ran = await ask(['--kind', kind], input);
    assert.deepEqual([ran.code, ran.stdout], [0, stdout]);
    assert.ok(ran.stderr.includes(question), ran.stderr);
  });
}

for (const input of ['n\n', '\n']) {
  test(`${JSON.stringify(input)} to a question for leave ends with 4`, async () => {
    const { code, stdout, stderr } = await ask([], input);
    assert.deepEqual([code, stdout], [4, '']);
    assert.match(
      stderr,
      /Error: nothing was changed: the answer was no\n {2}Next: run it again when it may be done, or see with --dry-run what it would do\n$/,
    );
  });
}

test('Ctrl-C at a question ends with 4', async () => {
  const { code, stderr } = await ask([], '\x03');
  assert.equal(code, 4);
  assert.match(
    stderr,
    /Error: the question was left unanswered\n {2}Next: run it again, or answer by a flag \(--help lists them\)\n$/,
  );
});

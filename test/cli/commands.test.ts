// What holds for every command, judged on the bundle: help, usage errors, and what the help promises.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../helpers/golden.ts';
import { runCli } from '../helpers/run-cli.ts';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/run.js');

interface CommandFacts {
  hidden?: boolean;
  summary?: string;
  examples?: (string | { command: string })[];
  flags: Record<string, { summary?: string; description?: string; hidden?: boolean }>;
}
const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, CommandFacts>;
};
/** Without what differs between machines. */
const masked = (help: string): string =>
  help.replace(/pod-iam\/\S+ \S+ \S+/, 'pod-iam/VERSION PLATFORM NODE');

/** oclif's own completion speaks for itself. */
const commands = Object.entries(manifest.commands).filter(([id]) => !id.startsWith('autocomplete'));

test('the root help is stable', async () => {
  const { stdout } = await runCli(bin, ['--help']);
  assertGolden('help/pod-iam.txt', masked(stdout));
});

for (const [id, command] of commands) {
  const words = id.split(':');

  test(`the help of ${words.join(' ')} is stable`, async () => {
    const { code, stdout, stderr } = await runCli(bin, [...words, '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assertGolden(`help/${words.join('-')}.txt`, masked(stdout));
  });

  test(`${words.join(' ')} has a summary, an example and a word on every flag`, () => {
    assert.match(command.summary ?? '', /\S.*\.$/);
    assert.ok((command.examples ?? []).length > 0, 'no example');
    const silent = Object.entries(command.flags).filter(
      ([, { summary, description }]) => !summary && !description,
    );
    assert.deepEqual(
      silent.map(([name]) => name),
      [],
    );
  });

  test(`${words.join(' ')} refuses a flag that it does not know in one sentence, as JSON too`, async () => {
    const { code, stdout, stderr } = await runCli(bin, [...words, '--no-such-flag', '--json']);
    assert.equal(code, 2);
    assert.match(stderr, /^Error: there is no flag --no-such-flag[^\n]*\n {2}Next: pod-iam [^\n]* --help\n$/);
    const { schemaVersion, error } = JSON.parse(stdout);
    assert.deepEqual([schemaVersion, error.code, error.exitCode], [1, 'USAGE', 2]);
  });
}

for (const command of ['proxy', 'install', 'manifests', 'upgrade', 'init'])
  test(`${command} says what stands in place of a flag of kube2iam`, async () => {
    const { code, stderr } = await runCli(bin, [command, '--metrics-port=9000']);
    assert.equal(code, 2);
    assert.equal(
      stderr,
      `Error: there is no flag --metrics-port; metrics are on --admin-addr\n  Next: pod-iam ${command} --help\n`,
    );
  });

test('a command that is not of the daemon knows no flags of its peers', async () => {
  const { stderr } = await runCli(bin, ['status', '--metrics-port=9000']);
  assert.equal(stderr, 'Error: there is no flag --metrics-port\n  Next: pod-iam status --help\n');
});

test('help of a command that is not there is refused as the command is', async () => {
  const { code, stderr } = await runCli(bin, ['help', 'doctr']);
  const words = 'Error: there is no command "doctr"; did you mean "doctor"?\n  Next: pod-iam doctor --help\n';
  assert.deepEqual([code, stderr], [2, words]);
  for (const known of [['doctor'], ['trust-policy'], ['trust-policy', 'check']])
    assert.equal((await runCli(bin, ['help', ...known])).code, 0);
});

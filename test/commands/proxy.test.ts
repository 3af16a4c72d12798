// What the daemon's command makes of words that it does not hand on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bin, runCli } from '../helpers/run-cli.ts';

for (const [flag, why, next] of [
  ['context', 'it uses the current context of --kubeconfig', 'kubectl config view --minify --flatten'],
  ['profile', 'its own identity is that of the instance', 'aws configure export-credentials --profile other'],
] as const)
  test(`the daemon refuses --${flag} instead of asking another place unseen`, async () => {
    const { code, stdout, stderr } = await runCli(bin, ['proxy', `--${flag}=other`, '--kubeconfig=/nowhere']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`^Error: the daemon takes no --${flag}\n`));
    assert.ok(stderr.includes(why) && stderr.includes(next), stderr);
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spellSwitches } from '../../src/cli/switches.ts';
import { bin, type Ran, runCli } from '../helpers/run-cli.ts';

const runProduct = (words: string[]): Promise<Ran> => runCli(bin, words);

const flags = {
  iptables: { type: 'boolean', allowNo: true },
  yes: { type: 'boolean' },
  node: { type: 'option' },
} as const;
const spelt = (...argv: string[]): string[] => spellSwitches(argv, flags, 'pod-iam --help');

test('a switch with a value becomes the switch, its contrary or nothing', () => {
  assert.deepEqual(spelt('--iptables=true', '--yes=1'), ['--iptables', '--yes']);
  assert.deepEqual(spelt('--iptables=false', '--yes=false', '--node=n'), ['--no-iptables', '--node=n']);
});

test('values of other flags, unknown flags and what follows -- stay as they are', () => {
  const argv = ['--node=true', '--other=true', '-n', 'x', '--', '--iptables=true'];
  assert.deepEqual(spelt(...argv), argv);
});

test('a switch that is neither on nor off is refused by the command line', async () => {
  const next = 'pod-iam proxy --help';
  assert.throws(() => spelt('--yes=maybe'), {
    message: '--yes is a switch: it takes =true or =false, not "maybe"',
  });
  const ran = await runProduct(['proxy', '--insecure=maybe']);
  assert.equal(ran.code, 2);
  assert.equal(
    ran.stderr,
    `Error: --insecure is a switch: it takes =true or =false, not "maybe"\n  Next: ${next}\n`,
  );
});

test('the commands that hand the switches on take them with a value too', async () => {
  const on = await runProduct(['manifests', '--namespace-restrictions=true', '--no-color=false']);
  assert.deepEqual([on.code, on.stdout.includes('--namespace-restrictions')], [0, true]);
  const off = await runProduct(['manifests', '--namespace-restrictions=false']);
  assert.deepEqual([off.code, off.stdout.includes('--namespace-restrictions')], [0, false]);
});

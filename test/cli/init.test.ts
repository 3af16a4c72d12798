// The wizard as a process, from the bundle, against an emulated cluster.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type EmulatedCluster, startEmulatedCluster } from '../../src/sandbox/api/index.ts';
import { type Ran, type RunOptions, runCli } from '../helpers/run-cli.ts';

const bin = join(import.meta.dirname, '../../bin/run.js');
const terminal = ['--import', join(import.meta.dirname, 'fixture/terminal.ts')];
const folder = mkdtempSync(join(tmpdir(), 'pod-iam-init-'));
const NODE = 'arn:aws:iam::111122223333:role/node';
const BASE = 'arn:aws:iam::111122223333:role/';
const OFFLINE = ['--no-cluster', '--no-aws'];
const FLAGS = ['--base-role-arn', BASE, '--node-role', NODE, '--role', 'blue', '--role', 'team/red'];

const init = (args: string[], options: RunOptions = {}): Promise<Ran> =>
  runCli(bin, ['init', ...args], { cwd: folder, ...options });
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

let cluster: EmulatedCluster;
before(async () => {
  cluster = await startEmulatedCluster({ name: 'demo' });
  writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig);
  const labels = { app: 'web' };
  cluster.system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  cluster.system.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'iam.amazonaws.com/role': `${BASE}blue` } },
        spec: { containers: [{ name: 'a', image: 'b' }] },
      },
    },
  });
});
after(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

test('without a terminal a missing answer is a usage error that names every flag', async () => {
  assert.deepEqual(await init(OFFLINE), {
    code: 2,
    stdout: '',
    stderr:
      'Error: missing --role, --base-role-arn, --node-role (no terminal to ask on)\n  Next: give --role, --base-role-arn, --node-role\n',
  });
});

test('--yes asks nothing even where it could', async () => {
  const { code, stderr } = await init([...OFFLINE, '--yes'], { nodeArgs: terminal });
  assert.equal(code, 2);
  assert.match(stderr, /Error: missing --role, --base-role-arn, --node-role \(--yes asks nothing\)/);
});

test('flags alone write everything, and the last line says what is next', async () => {
  const { code, stdout, stderr } = await init([...OFFLINE, ...FLAGS, '--yes', '-o', 'flags']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(join(folder, 'flags')).sort(), ['manifests', 'pod-iam.yaml', 'policies']);
  assert.deepEqual(readdirSync(join(folder, 'flags/policies')).sort(), [
    'node-role.json',
    'trust-blue.json',
    'trust-red.json',
  ]);
  assert.ok(stdout.split('\n').includes('flags/manifests/kustomization.yaml'));
  assert.match(read('flags/manifests/daemonset.yaml'), /--base-role-arn=arn:aws:iam::111122223333:role\//);
  assert.deepEqual(stderr.trimEnd().split('\n').slice(-5), [
    'Next:',
    '  aws iam put-role-policy --role-name node --policy-name pod-iam --policy-document file://flags/policies/node-role.json',
    `  pod-iam trust-policy apply --role ${BASE}blue --node-role ${NODE}`,
    `  pod-iam trust-policy apply --role ${BASE}team/red --node-role ${NODE}`,
    '  pod-iam install --config flags/pod-iam.yaml',
  ]);
});

test('the written policies pass the product’s own check', async () => {
  const files = ['blue', 'red'].map((name) => join(folder, `flags/policies/trust-${name}.json`));
  const { code, stdout, stderr } = await runCli(bin, [
    'trust-policy',
    'check',
    ...files,
    '--node-role',
    NODE,
    '--json',
  ]);
  assert.equal(code, 0, stdout + stderr);
});

test('the written file gives the same manifests without any flag', async () => {
  const printed = await runCli(bin, ['manifests', '--config', join(folder, 'flags/pod-iam.yaml')]);
  assert.equal(printed.stderr, '');
  const daemonSet = printed.stdout.split('---\n').find((document) => document.includes('kind: DaemonSet'));
  assert.equal(daemonSet, read('flags/manifests/daemonset.yaml'));
});

test('a second run changes nothing, and a file that was edited is not overwritten without --force', async () => {
  const args = [...OFFLINE, ...FLAGS, '--yes', '-o', 'flags', '--json'];
  const again = JSON.parse((await init(args)).stdout);
  assert.deepEqual([again.schemaVersion, again.written], [1, true]);
  const actions = again.files.map(({ action }: { action: string }) => action);
  assert.deepEqual([actions.length > 5, [...new Set(actions)]], [true, ['unchanged']]);
  writeFileSync(join(folder, 'flags/policies/trust-blue.json'), '{}');
  const refused = await init(args);
  assert.equal(refused.code, 2);
  assert.equal(
    JSON.parse(refused.stdout).error.message,
    'flags holds files that differ from what would be written: policies/trust-blue.json',
  );
  assert.equal(read('flags/policies/trust-blue.json'), '{}');
  assert.equal((await init([...args, '--force'])).code, 0);
  assert.notEqual(read('flags/policies/trust-blue.json'), '{}');
});

test('a secret is refused before anything is written', async () => {
  const { code, stderr } = await init([
    ...OFFLINE,
    ...FLAGS,
    '--yes',
    '-o',
    'secret',
    '--api-token',
    's3cret',
  ]);
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'Error: --api-token is a secret, and init writes files\n  Next: give it to pod-iam install\n',
  );
});

test('--dry-run writes nothing', async () => {
  const { code, stdout, stderr } = await init([...OFFLINE, ...FLAGS, '--dry-run', '-o', 'dry']);
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /dry\/policies\/trust-blue\.json +create/);
  assert.equal(readdirSync(folder).includes('dry'), false);
});

test('questions are asked on the terminal, one for each missing answer, and then for leave to write', async () => {
  const { code, stdout, stderr } = await init([...OFFLINE, '-o', 'asked'], {
    nodeArgs: terminal,
    env: { TERM: 'xterm' },
    dialogue: [
      ['Which roles', 'blue, team/red'],
      ['What stands before', BASE],
      ['Which role do the nodes carry', NODE],
      ['Write 11 files to asked?', 'y'],
    ],
  });
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes('asked/policies/trust-blue.json'));
  assert.match(
    read('asked/pod-iam.yaml'),
    /# origin: answered\nbase-role-arn: arn:aws:iam::111122223333:role\/\n/,
  );
});

test('declining writes nothing and ends with 4', async () => {
  const { code, stderr } = await init([...OFFLINE, ...FLAGS, '-o', 'declined'], {
    nodeArgs: terminal,
    env: { TERM: 'xterm' },
    dialogue: [['Write 11 files to declined?', 'n']],
  });
  assert.equal(code, 4);
  assert.match(
    stderr,
    /Error: nothing was written: the answer was no\n {2}Next: run it again when it may be done, or see with --dry-run what it would do\n$/,
  );
  assert.equal(readdirSync(folder).includes('declined'), false);
});

test('a cluster answers what it can', async () => {
  const args = ['--no-aws', '--node-role', NODE, '--dry-run', '-o', 'seen'];
  const options = { env: { KUBECONFIG: join(folder, 'kubeconfig') } };
  const { code, stdout } = await init([...args, '--json'], options);
  assert.equal(code, 0);
  const { answers, notes } = JSON.parse(stdout);
  assert.deepEqual(answers.role, {
    name: 'role',
    values: [`${BASE}blue`],
    origin: 'detected: 1 annotated workload',
  });
  assert.equal(answers['base-role-arn'].origin, 'detected: account of the annotated ARNs');
  assert.deepEqual(notes, []);
  const { stderr } = await init(args, options);
  assert.match(stderr, /^cluster: demo \(https:\/\/127\.0\.0\.1:\d+, v1\.[^)]*\), not EKS$/m);
  assert.match(stderr, /^there already: nothing that gives pods roles$/m);
});

test('no cluster at all leaves more to ask; one that was named and is not there is an error', async () => {
  const without = await init(['--no-aws', ...FLAGS, '--yes', '-o', 'none']);
  assert.equal(without.code, 0);
  assert.match(without.stderr, /^Note: no cluster was looked at: /m);
  const named = await init(['--no-aws', ...FLAGS, '--yes', '-o', 'none', '--kubeconfig', '/nowhere']);
  assert.notEqual(named.code, 0);
});

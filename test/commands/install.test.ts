// The commands as processes, against an emulated cluster in this one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useCluster } from '../cluster/helpers.ts';
import { addNode, startKubelet } from '../install/kubelet.ts';

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pod-iam-test-'));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** @param onStderr is told what has been said so far, and may interrupt */
async function podIam(
  words: string[],
  {
    env = {},
    onStderr = () => {},
  }: { env?: Record<string, string>; onStderr?: (said: string, kill: () => void) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...words], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
    onStderr(stderr, () => child.kill('SIGINT'));
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

describe('install, status and uninstall as a user types them', () => {
  const test = useCluster();
  let env: Record<string, string> = {};
  let stopKubelet = (): void => {};
  let isKubeletAsleep = false;

  before(() => {
    const file = join(folder, 'kubeconfig');
    writeFileSync(file, test.cluster.kubeconfig);
    env = { KUBECONFIG: file };
    addNode(test.cluster, 'n1');
    stopKubelet = startKubelet(test.cluster, (pod) => {
      if (isKubeletAsleep) return null;
      const isCleanup = pod.metadata.name.startsWith('pod-iam-cleanup');
      return isCleanup ? { log: { redirect: '{"msg":"redirect removed","backends":["nft"]}\n' } } : {};
    });
  });
  after(() => stopKubelet());

  it('status says that nothing is installed, exit 1', async () => {
    const { code, stdout, stderr } = await podIam(['status'], { env });
    assert.deepEqual(
      [code, stdout, stderr],
      [1, 'pod-iam is not installed in context emulated\n', 'Next: pod-iam install\n'],
    );
  });

  it('uninstall has nothing to do, exit 0', async () => {
    const { code, stdout } = await podIam(['uninstall'], { env });
    assert.deepEqual(
      [code, stdout],
      [0, 'pod-iam is not installed in namespace pod-iam of context emulated: nothing to do\n'],
    );
  });

  it('upgrade wants an installation, exit 3', async () => {
    const { code, stderr } = await podIam(['upgrade', '--yes'], { env });
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^Error: pod-iam is not installed in namespace pod-iam of context emulated\n {2}Next: pod-iam install\n$/m,
    );
  });

  it('install --dry-run prints the objects and makes none', async () => {
    const { code, stdout } = await podIam(['install', '--dry-run', '--default-role', 'reader'], { env });
    assert.equal(code, 0);
    assert.match(stdout, /^\+kind: DaemonSet$/m);
    assert.match(stdout, /^\+ +- --default-role=reader$/m);
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('install without a terminal asks for --yes, exit 2, and makes nothing', async () => {
    const { code, stdout, stderr } = await podIam(['install'], { env });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /\nError: there is no terminal to ask "Apply 6 changes to context emulated\?"\n {2}Next: give --yes\n$/,
    );
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('install refuses a flag that the daemon would refuse, exit 2', async () => {
    const { code, stderr } = await podIam(['install', '--yes', '--session-duration', '5m'], { env });
    assert.equal(code, 2);
    assert.match(stderr, /^Error: --session-duration must be a duration of 15m to 12h, not "5m"$/m);
  });

  it('install without permission names what is missing, exit 3', async () => {
    const file = join(folder, 'nobody');
    writeFileSync(
      file,
      test.cluster.kubeconfigFor(test.cluster.issueUserToken('nobody'), { user: 'nobody' }),
    );
    const { code, stderr } = await podIam(['install', '--yes', '--kubeconfig', file]);
    assert.equal(code, 3);
    assert.match(stderr, /^Error: context emulated may not do all that this needs$/m);
  });

  it('install says that a context is not there, exit 2, and that no cluster is, exit 3', async () => {
    const wrong = await podIam(['install', '--yes', '--context', 'emulatd'], { env });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /did you mean --context emulated\?/);
    const none = await podIam(['install', '--yes', '--json']);
    assert.equal(none.code, 3);
    assert.equal(JSON.parse(none.stdout).error.code, 'NO_KUBECONFIG');
  });

  it('install interrupted while it waits tells what was applied, exit 4', async () => {
    let isInterrupted = false;
    isKubeletAsleep = true;
    const { code, stderr } = await podIam(['install', '--yes', '--no-smoke'], {
      env,
      onStderr: (said, kill) => {
        if (isInterrupted || !said.includes('waiting for')) return;
        isInterrupted = true;
        kill();
      },
    });
    isKubeletAsleep = false;
    assert.equal(code, 4, stderr);
    assert.match(stderr, /^Error: the installation was interrupted$/m);
    assert.match(
      stderr,
      /applied: Namespace pod-iam, .*DaemonSet pod-iam\/pod-iam; the nodes were not waited for$/m,
    );
    // Their successors are started.
    for (const { metadata } of test.cluster.store.list('pods', 'pod-iam'))
      test.cluster.removePod('pod-iam', metadata.name);
  });

  it('install --yes goes on, and says so in JSON', async () => {
    const { code, stdout, stderr } = await podIam(['install', '--yes', '--no-smoke', '--json'], { env });
    assert.equal(code, 0, stderr);
    const outcome = JSON.parse(stdout);
    assert.equal(outcome.schemaVersion, 1);
    assert.deepEqual(
      new Set(outcome.changes.map(({ action }: { action: string }) => action)),
      new Set(['none']),
    );
    const status = JSON.parse((await podIam(['status', '--json'], { env })).stdout);
    assert.deepEqual(
      [status.installed, status.ready, status.nodes.map(({ node }: { node: string }) => node)],
      [true, true, ['n1']],
    );
  });

  it('upgrade keeps the settings and changes those that are given', async () => {
    const set = await podIam(['upgrade', '--yes', '--no-smoke', '--default-role', 'reader'], { env });
    assert.equal(set.code, 0, set.stderr);
    const { code, stdout, stderr } = await podIam(['upgrade', '--dry-run', '--log-level', 'debug'], { env });
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      stdout.split('\n').filter((line) => /^[+-] {2}/.test(line)),
      [
        '+            - --log-level=debug',
        '-            - --log-level=info',
        '+            - --log-level=debug',
      ],
    );
    assert.match(stdout, /^ +- --default-role=reader$/m);
  });

  it('uninstall --yes proves the node clean and leaves nothing', async () => {
    const { code, stdout, stderr } = await podIam(['uninstall', '--yes'], { env });
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      'NODE   RULES   SEEN\nn1     clean   no rule is left in nft\npod-iam is uninstalled from context emulated\n',
    );
    assert.match(stderr, /Pods now reach the nodes' own metadata service, and with it the node role/);
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });
});

describe('manifests and bundle as a user types them', () => {
  it('print the same bytes each time, and need no cluster', async () => {
    const [one, two] = await Promise.all([podIam(['manifests']), podIam(['manifests'])]);
    assert.equal(one.code, 0, one.stderr);
    assert.equal(one.stdout, two.stdout);
    assert.match(one.stdout, /^kind: DaemonSet$/m);
  });

  it('write a kustomize base, and want a folder for it', async () => {
    const none = await podIam(['manifests', '--format', 'kustomize']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /needs --output-dir DIR/);
    const output = join(folder, 'base');
    const { code } = await podIam(['manifests', '--format', 'kustomize', '--output-dir', output]);
    assert.equal(code, 0);
    assert.ok(readdirSync(output).includes('kustomization.yaml'));
  });

  it('write the build context of an image', async () => {
    const output = join(folder, 'image');
    const { code, stdout } = await podIam(['bundle', '--output', output, '--json']);
    assert.equal(code, 0);
    assert.ok(JSON.parse(stdout).gzipBytes < 1_048_576);
    assert.deepEqual(readdirSync(output), ['Dockerfile', 'proxy.cjs']);
    assert.match(
      readFileSync(join(output, 'Dockerfile'), 'utf8'),
      /^COPY proxy\.cjs \/opt\/pod-iam\/proxy\.cjs$/m,
    );
  });
});

// New nodes register with a taint; the daemon lifts it when it serves the node. The right to do so is
// held to this one taint of the daemon's own node by the API server's admission.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from './helpers/moto.ts';
import { createNamespace, deleteNamespace, deploy, NAMESPACE, nodeNames, rolledOut } from './helpers/pods.ts';
import { kubectl, podIam, run } from './helpers/run.ts';
import { settings } from './helpers/settings.ts';

const KEY = 'pod-iam.dev/agent-not-ready';
const OTHER = 'pod-iam.dev/other';

const taintsOf = async (node: string): Promise<string[]> =>
  (await kubectl(['get', 'node', node, '-o', 'jsonpath={.spec.taints[*].key}'])).trim().split(' ');

/** A token as the kubelet gives it to the daemon's pod on a node. */
async function daemonToken(node: string): Promise<string> {
  const line = await kubectl([
    ...['get', 'pods', '-n', 'pod-iam', '-l', 'app.kubernetes.io/name=pod-iam'],
    ...['--field-selector', `spec.nodeName=${node}`],
    ...['-o', 'jsonpath={.items[0].metadata.name} {.items[0].metadata.uid}'],
  ]);
  const [name, uid] = line.trim().split(' ') as [string, string];
  const token = await kubectl([
    ...['create', 'token', 'pod-iam', '-n', 'pod-iam', '--bound-object-kind', 'Pod'],
    ...['--bound-object-name', name, '--bound-object-uid', uid],
  ]);
  return token.trim();
}

describe('the start-up taint on a real cluster', { timeout: 1_200_000 }, () => {
  let nodes: string[];

  before(async () => {
    nodes = await nodeNames();
    await createNamespace();
    for (const node of nodes) await kubectl(['taint', 'node', node, `${KEY}=:NoSchedule`, '--overwrite']);
  });

  after(async () => {
    await podIam(['uninstall', '--yes']);
    await deleteNamespace();
    for (const node of nodes)
      for (const key of [KEY, OTHER]) await run('kubectl', ['taint', 'node', node, `${key}-`]);
  });

  it('keeps pods off the nodes until the daemon is ready there', async () => {
    await deploy('early', 'blue');
    const reason = '{range .items[*]}{.status.conditions[?(@.type=="PodScheduled")].reason} {end}';
    await until(
      async () =>
        (await kubectl(['get', 'pods', '-n', NAMESPACE, '-o', `jsonpath=${reason}`])).trim() ===
        'Unschedulable Unschedulable',
      120_000,
      'both pods to find no node',
    );
    const installed = await podIam([
      ...['install', '--yes', '--image', settings.nodeImage, '--probe-image', settings.curlImage],
      ...['--base-role-arn', 'arn:aws:iam::111122223333:role/', '--region', 'us-east-1'],
      ...['--sts-endpoint', `http://${settings.host}:9`, '--startup-taint', KEY, ...settings.installFlags],
    ]);
    assert.match(installed.stderr, /waiting for 2 nodes/, installed.stderr);
    await rolledOut('early');
    // One node is enough for both pods.
    for (const node of nodes)
      await until(
        async () => !(await taintsOf(node)).includes(KEY),
        120_000,
        `${node} to be without the taint`,
      );
  });

  it('lets the daemon change nothing else of its node, and nothing of another', async () => {
    const [own, other] = nodes as [string, string];
    const token = await daemonToken(own);
    const server = await kubectl([
      'config',
      'view',
      '--minify',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    ]);
    const patch = async (node: string, steps: object[]): Promise<string> => {
      const words = ['patch', 'node', node, '--type=json', '-p', JSON.stringify(steps)];
      const as = [
        '--kubeconfig=/dev/null',
        '--insecure-skip-tls-verify',
        '--server',
        server,
        '--token',
        token,
      ];
      const ended = await run('kubectl', [...words, ...as]);
      return ended.code === 0 ? 'done' : ended.stderr;
    };
    await kubectl(['taint', 'node', own, `${KEY}=:NoSchedule`, `${OTHER}=:PreferNoSchedule`]);
    // Looked for each time: a busy node is given other taints besides.
    const remove = async (key: string) => [
      { op: 'remove', path: `/spec/taints/${(await taintsOf(own)).indexOf(key)}` },
    ];
    const label = [{ op: 'add', path: '/metadata/labels/pod-iam.dev~1x', value: 'y' }];

    assert.match(await patch(other, label), /may change only the node that it runs on/);
    assert.match(
      await patch(own, [...label, ...(await remove(KEY))]),
      /may change nothing but the node's taints/,
    );
    // Which would also taint the node.
    assert.match(
      await patch(own, [{ op: 'add', path: '/spec/unschedulable', value: true }]),
      /may only remove the taint pod-iam.dev\/agent-not-ready/,
    );
    assert.match(
      await patch(own, await remove(OTHER)),
      /may only remove the taint pod-iam.dev\/agent-not-ready/,
    );
    assert.equal(await patch(own, await remove(KEY)), 'done');
  });

  it('is uninstalled with its policies', async () => {
    const policies = () =>
      kubectl(['get', 'validatingadmissionpolicies,validatingadmissionpolicybindings', '-o', 'name']);
    assert.match(await policies(), /pod-iam-startup-taint/);
    const ended = await podIam(['uninstall', '--yes']);
    assert.equal(ended.code, 0, ended.stderr);
    assert.doesNotMatch(await policies(), /pod-iam/);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { applyInstall, planInstall } from '../../src/install/install.ts';
import { planUninstall, uninstall } from '../../src/install/uninstall.ts';
import { defaultValues } from '../../src/manifests/values.ts';
import { interruptedProblem } from '../../src/model/problem.ts';
import type { Progress } from '../../src/model/progress.ts';
import { refusal, useCluster } from '../cluster/helpers.ts';
import { SILENT } from '../helpers/silent.ts';
import { addNode, type PodFate, startKubelet } from './kubelet.ts';

import { first, free } from './parts.ts';

const removed = `${JSON.stringify({ msg: 'redirect removed', backends: ['nft'] })}\n`;

describe('uninstalling', () => {
  const test = useCluster();
  let stopKubelet = (): void => {};
  let cleanupFate: PodFate = { log: { redirect: removed } };
  const options = { timeoutMs: 10_000, signal: free, progress: SILENT };
  const values = defaultValues('1.0.0');

  const install = async (): Promise<void> => {
    const planned = await planInstall(test.kube, values, first, SILENT);
    await applyInstall(test.kube, planned, { waitMs: 20_000, signal: free, progress: SILENT });
  };
  const run = async () =>
    uninstall(test.kube, await planUninstall(test.kube, values, SILENT), first, options);

  before(() => {
    addNode(test.cluster, 'n1');
    addNode(test.cluster, 'n2');
    stopKubelet = startKubelet(test.cluster, (pod) =>
      pod.metadata.labels?.['app.kubernetes.io/name'] === 'pod-iam-cleanup' ? cleanupFate : {},
    );
  });
  after(() => stopKubelet());

  it('finds nothing to do where nothing is installed', async () => {
    assert.deepEqual((await planUninstall(test.kube, values, SILENT)).objects, []);
  });

  it('proves each node clean and leaves no object behind', async () => {
    await install();
    const outcome = await run();
    assert.deepEqual(
      outcome.nodes.map(({ node, clean, what }) => [node, clean, what]),
      [
        ['n1', true, 'no rule is left in nft'],
        ['n2', true, 'no rule is left in nft'],
      ],
    );
    assert.deepEqual([outcome.left, outcome.namespaceKept], [[], null]);
    const ours = ['namespaces', 'daemonsets.apps', 'configmaps', 'serviceaccounts'].flatMap((key) =>
      test.cluster.store
        .list(key)
        .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'pod-iam'),
    );
    assert.deepEqual(ours, []);
    assert.deepEqual((await planUninstall(test.kube, values, SILENT)).objects, []);
  });

  it('does not believe a node that is ready without the line that proves it, and keeps what cleans it', async () => {
    await install();
    cleanupFate = { log: { redirect: 'hello\n' } };
    const outcome = await run();
    cleanupFate = { log: { redirect: removed } };
    assert.deepEqual(
      outcome.nodes.map(({ clean, what }) => [clean, what]),
      [
        [false, 'its pod did not report that the rule is gone'],
        [false, 'its pod did not report that the rule is gone'],
      ],
    );
    assert.ok(outcome.left.includes('Namespace pod-iam'));
    assert.notEqual(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('goes on where an earlier try stopped, and keeps a namespace that holds what others made', async () => {
    test.cluster.system.remove(
      'pods',
      'pod-iam',
      test.cluster.store.list('pods', 'pod-iam')[0]!.metadata.name,
    );
    test.cluster.system.remove(
      'pods',
      'pod-iam',
      test.cluster.store.list('pods', 'pod-iam')[1]!.metadata.name,
    );
    test.cluster.system.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'notes', namespace: 'pod-iam' },
    });
    const outcome = await run();
    assert.deepEqual(
      outcome.nodes.map(({ clean }) => clean),
      [true, true],
    );
    assert.equal(outcome.namespaceKept, 'it holds what pod-iam did not make: ConfigMap pod-iam/notes');
    assert.notEqual(test.cluster.store.get('configmaps', 'pod-iam', 'notes'), null);
    test.cluster.system.remove('configmaps', 'pod-iam', 'notes');
    await run();
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('cleans the nodes also when the namespace was deleted by hand and only remains are left', async () => {
    await install();
    test.cluster.system.remove('namespaces', '', 'pod-iam');
    for (const end = Date.now() + 20_000; test.cluster.store.get('namespaces', '', 'pod-iam') !== null; ) {
      assert.ok(Date.now() < end);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const outcome = await run();
    assert.deepEqual(
      outcome.nodes.map(({ clean }) => clean),
      [true, true],
    );
    assert.ok(outcome.deleted.includes('ClusterRole pod-iam'));
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('tells how far it came when it is interrupted, and goes on the next time', async () => {
    await install();
    const interrupt = new AbortController();
    const progress: Progress = {
      ...SILENT,
      step: (what) => {
        if (what.startsWith('removing the redirect'))
          interrupt.abort(interruptedProblem({ code: 'INTERRUPTED', what: 'by SIGINT', next: 'again' }));
      },
    };
    const planned = await planUninstall(test.kube, values, SILENT);
    const problem = await refusal(
      uninstall(test.kube, planned, first, { ...options, signal: interrupt.signal, progress }),
    );
    assert.equal(problem.exitCode, 4);
    assert.equal(
      problem.why,
      'rules may be left on nodes, where they let nothing through; the objects are still there',
    );
    await run();
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });

  it('reports a node that is not ready as unproven, with the command to run there', async () => {
    await install();
    test.cluster.system.patchStatus('nodes', '', 'n2', {
      conditions: [{ type: 'Ready', status: 'Unknown' }],
    });
    const outcome = await run();
    assert.deepEqual(
      outcome.nodes.map(({ node, clean, byHand }) => [node, clean, byHand]),
      [
        ['n1', true, null],
        ['n2', false, 'nft delete table inet pod_iam; nft delete table bridge pod_iam; rm -rf /run/pod-iam'],
      ],
    );
    assert.equal(test.cluster.store.get('namespaces', '', 'pod-iam'), null);
  });
});

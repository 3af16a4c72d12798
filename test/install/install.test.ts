import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { nameOf } from '../../src/cluster/change.ts';
import type { KubeObject } from '../../src/cluster/kube.ts';
import { applyInstall, planInstall } from '../../src/install/install.ts';
import { readStatus } from '../../src/install/status.ts';
import type { Bundle } from '../../src/manifests/bundle.ts';
import { defaultValues, type InstallValues } from '../../src/manifests/values.ts';
import { interruptedProblem } from '../../src/model/problem.ts';
import type { Progress } from '../../src/model/progress.ts';
import { refusal, useCluster } from '../cluster/helpers.ts';
import { SILENT } from '../helpers/silent.ts';
import { addNode, crashedStatus, type PodFate, startKubelet, waitingStatus } from './kubelet.ts';

import { bundle, first, free } from './parts.ts';

const quick = { pollMs: 50, patienceMs: 300, finalMs: 500 };

describe('installing', () => {
  const test = useCluster();
  let fate: (pod: KubeObject) => PodFate | null = () => ({});
  let stopKubelet = (): void => {};

  before(() => {
    addNode(test.cluster, 'n1');
    addNode(test.cluster, 'n2');
    stopKubelet = startKubelet(test.cluster, (pod) => fate(pod as KubeObject));
  });
  after(() => stopKubelet());
  afterEach(() => {
    fate = () => ({});
  });

  const plan = (values: InstallValues = defaultValues('1.0.0'), of: Bundle = first) =>
    planInstall(test.kube, values, of, SILENT);
  const actions = (changes: { action: string; object: KubeObject }[]) =>
    changes.map(({ action, object }) => `${action} ${nameOf(object)}`);
  const options = { waitMs: 20_000, signal: free, progress: SILENT as Progress, timing: quick };
  const usual = { ...options, timing: undefined };

  it('makes every object, and is ready when each node is', async () => {
    const planned = await plan();
    assert.deepEqual(actions(planned.changes), [
      'create Namespace pod-iam',
      'create ServiceAccount pod-iam/pod-iam',
      'create ClusterRole pod-iam',
      'create ClusterRoleBinding pod-iam',
      'create ConfigMap pod-iam/pod-iam-bundle-6669727374',
      'create DaemonSet pod-iam/pod-iam',
    ]);
    await applyInstall(test.kube, planned, options);
    const status = await readStatus(test.kube, 'pod-iam');
    assert.deepEqual(
      [
        status.installed,
        status.ready,
        status.version,
        status.nodes.map(({ node, daemon }) => `${node} ${daemon}`),
      ],
      [true, true, '1.0.0', ['n1 ready', 'n2 ready']],
    );
  });

  it('changes nothing the second time', async () => {
    const planned = await plan();
    assert.deepEqual(
      new Set(planned.changes.map(({ action, diff }) => `${action}${diff}`)),
      new Set(['none']),
    );
    await applyInstall(test.kube, planned, options);
  });

  it('shows what a changed flag changes, and no more', async () => {
    const values = defaultValues('1.0.0');
    const planned = await plan({ ...values, daemon: { ...values.daemon, 'default-role': 'reader' } });
    assert.deepEqual(actions(planned.changes.filter(({ action }) => action !== 'none')), [
      'update DaemonSet pod-iam/pod-iam',
    ]);
    const lines = planned.changes
      .at(-1)!
      .diff.split('\n')
      .filter((line) => /^[+-]/.test(line));
    assert.deepEqual(lines, [
      '--- DaemonSet pod-iam/pod-iam',
      '+++ DaemonSet pod-iam/pod-iam',
      '+            - --default-role=reader',
    ]);
  });

  it('removes the bundles of earlier versions once the new one runs', async () => {
    await applyInstall(test.kube, await plan(defaultValues('1.0.1'), bundle('second')), options);
    const names = (await test.kube.list('v1', 'ConfigMap', { namespace: 'pod-iam' })).map(
      ({ metadata }) => metadata.name,
    );
    assert.deepEqual(names, ['kube-root-ca.crt', 'pod-iam-bundle-7365636f6e']);
  });

  it('says within 10 s which image cannot be pulled', async () => {
    fate = (pod) => ({ status: waitingStatus(pod as never, 'ErrImagePull', 'no such host') });
    const planned = await plan({ ...defaultValues('1.0.2'), image: 'registry.test/none:1' });
    const startedAtMs = Date.now();
    const problem = await refusal(applyInstall(test.kube, planned, usual));
    assert.ok(Date.now() - startedAtMs < 10_000);
    assert.equal(problem.message, 'pod-iam is ready on 1 of 2 nodes');
    assert.match(
      problem.why ?? '',
      /^n\d: the image registry\.test\/none:1 cannot be pulled \(ErrImagePull\): no such host$/,
    );
    assert.match(
      problem.next ?? '',
      /^kubectl --kubeconfig \S+ --context emulated describe pod -n pod-iam pod-iam-/,
    );
    assert.equal(problem.exitCode, 3);
  });

  it('says with which words a daemon crashed', async () => {
    fate = (pod) => ({
      status: crashedStatus(pod as never, 2),
      log: { proxy: 'Error: --region must be a region\n  Next: pod-iam proxy --help\n' },
    });
    const problem = await refusal(applyInstall(test.kube, await plan(defaultValues('1.0.3')), options));
    assert.match(
      problem.why ?? '',
      /^n\d: the container proxy ended with exit code 2; it last said: Error: --region must be a region$/,
    );
  });

  it('says what a quota refuses when the pods are made', async () => {
    const namespace = 'full';
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    test.cluster.system.create('resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { pods: '0' } },
    });
    const planned = await plan({ ...defaultValues('1.0.3'), systemNamespace: namespace });
    const problem = await refusal(applyInstall(test.kube, planned, options));
    assert.equal(problem.message, 'pod-iam is ready on 0 of 2 nodes');
    assert.match(problem.why ?? '', /^its pods are refused: .*exceeded quota: none/);
    assert.match(
      problem.next,
      /^kubectl --kubeconfig \S+ --context emulated describe daemonset -n full pod-iam$/,
    );
  });

  it('tells what was applied when it is interrupted, and leaves the rest', async () => {
    const interrupt = new AbortController();
    const values = { ...defaultValues('1.0.4'), systemNamespace: 'half' };
    const planned = await plan(values);
    const progress: Progress = {
      ...SILENT,
      step: (what) => {
        if (what.startsWith('applying ClusterRole '))
          interrupt.abort(interruptedProblem({ code: 'INTERRUPTED', what: 'by SIGINT', next: 'again' }));
      },
    };
    const problem = await refusal(
      applyInstall(test.kube, planned, { ...options, signal: interrupt.signal, progress }),
    );
    assert.equal(problem.exitCode, 4);
    assert.match(
      problem.why ?? '',
      /^applied: Namespace half, ServiceAccount half\/pod-iam, ClusterRole pod-iam; /,
    );
    assert.match(problem.why ?? '', /not applied: .*DaemonSet half\/pod-iam$/);
    assert.equal(
      await test.kube.read({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'pod-iam', namespace: 'half' }),
      null,
    );
  });
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { nameOf } from '../../src/cluster/change.ts';
import type { KubeObject } from '../../src/cluster/kube.ts';
import { applyInstall, planInstall } from '../../src/install/install.ts';
import { readStatus } from '../../src/install/status.ts';
import { planUninstall, uninstall } from '../../src/install/uninstall.ts';
import type { Bundle } from '../../src/manifests/bundle.ts';
import { defaultValues, type InstallValues } from '../../src/manifests/values.ts';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { interruptedProblem } from '../../src/model/problem.ts';
import type { Progress } from '../../src/model/progress.ts';
import { refusal, useCluster } from '../cluster/helpers.ts';
import { SILENT } from '../helpers/silent.ts';
import { addNode, crashedStatus, type PodFate, startKubelet, waitingStatus } from './kubelet.ts';

const bundle = (text: string): Bundle => ({
  gzip: Buffer.from(text),
  loader: '// loader',
  hash: Buffer.from(text).toString('hex').slice(0, 10),
});
const first = bundle('first');
const removed = `${JSON.stringify({ msg: 'redirect removed', backends: ['nft'] })}\n`;
const quick = { pollMs: 50, patienceMs: 300, finalMs: 500 };
const free = new AbortController().signal;

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

describe('before installing', () => {
  const test = useCluster();

  it('every missing permission is named at once, and nothing is tried', async () => {
    const kube = await test.kubeAs('dev', [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch', 'create'] },
    ]);
    const problem = await refusal(planInstall(kube, defaultValues('1.0.0'), first, SILENT));
    assert.equal(problem.code, 'FORBIDDEN');
    assert.equal(problem.message, 'context emulated may not do all that this needs');
    assert.match(problem.why ?? '', /patch daemonsets\.apps in pod-iam, create daemonsets\.apps in pod-iam/);
    assert.doesNotMatch(problem.why ?? '', /configmaps/);
  });

  it('other credential proxies are found by name and by image', async () => {
    for (const [name, image] of [
      ['kiam-agent', 'quay.io/uswitch/kiam:v4.2'],
      ['metadata', 'jtblin/kube2iam:0.11.1'],
      ['kube-proxy', 'kube-proxy'],
    ]) {
      test.cluster.system.create('daemonsets.apps', {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: name!, namespace: 'kube-system' },
        spec: {
          selector: { matchLabels: { a: name } },
          template: { metadata: { labels: { a: name! } }, spec: { containers: [{ name: 'a', image }] } },
        },
      });
    }
    const { otherProxies } = await planInstall(test.kube, defaultValues('1.0.0'), first, SILENT);
    assert.deepEqual(otherProxies, [
      { product: 'kiam', daemonSet: 'kube-system/kiam-agent' },
      { product: 'kube2iam', daemonSet: 'kube-system/metadata' },
    ]);
  });

  it('the address of the container credentials is not taken from the EKS Pod Identity agent', async () => {
    const daemon = parseDaemonFlags(['--container-credentials']);
    const values = { ...defaultValues('1.0.0'), daemon };
    await planInstall(test.kube, values, first, SILENT);
    const template = (image: string) => ({
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image }] },
    });
    test.cluster.system.create('daemonsets.apps', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'kube-system' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: template('eks/eks-pod-identity-agent:0.1.37'),
      },
    });
    const { code, message, next } = await refusal(planInstall(test.kube, values, first, SILENT));
    assert.deepEqual(
      [code, message, next],
      [
        'ADDRESS_TAKEN',
        '--container-credentials is not possible beside the EKS Pod Identity agent (DaemonSet kube-system/agent)',
        'install without --container-credentials, or remove the add-on eks-pod-identity-agent first',
      ],
    );
    await planInstall(test.kube, defaultValues('1.0.0'), first, SILENT);
    test.cluster.system.remove('daemonsets.apps', 'kube-system', 'agent');
  });

  it('a Secret that is not there is asked for, with the command that makes it', async () => {
    const values = { ...defaultValues('1.0.0'), awsSecret: 'keys' };
    const problem = await refusal(planInstall(test.kube, values, first, SILENT));
    assert.equal(problem.code, 'NO_SECRET');
    assert.match(
      problem.next ?? '',
      /kubectl --kubeconfig \S+ --context emulated create secret generic -n pod-iam keys/,
    );
  });

  it('a DaemonSet of the same name that is not ours is left alone', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'taken' },
    });
    test.cluster.system.create('daemonsets.apps', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'pod-iam', namespace: 'taken' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
      },
    });
    const values = { ...defaultValues('1.0.0'), systemNamespace: 'taken' };
    assert.equal((await refusal(planInstall(test.kube, values, first, SILENT))).code, 'NOT_OURS');
    assert.equal((await refusal(planUninstall(test.kube, values, SILENT))).code, 'NOT_OURS');
  });

  it('a namespace that was there before is not taken over', async () => {
    test.cluster.system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'theirs' },
    });
    const values = { ...defaultValues('1.0.0'), systemNamespace: 'theirs' };
    const { changes } = await planInstall(test.kube, values, first, SILENT);
    assert.doesNotMatch(changes[0]!.diff, /managed-by/);
    assert.match(changes[0]!.diff, /^\+ +pod-security\.kubernetes\.io\/enforce: privileged$/m);
  });
});

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

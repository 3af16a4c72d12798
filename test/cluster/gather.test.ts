import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { gatherCluster } from '../../src/cluster/gather.ts';
import { DEFAULT_SETTINGS } from '../../src/model/role.ts';
import type { Fact } from '../../src/model/snapshot.ts';
import { useCluster } from './helpers.ts';

const options = { systemNamespace: 'pod-iam' };

function value<T>(fact: Fact<T>): T {
  assert.ok(fact.state === 'known', fact.state === 'unknown' ? fact.why : '');
  return fact.value;
}

describe('the facts of a cluster', () => {
  const test = useCluster();

  before(() => {
    const { system } = test.cluster;
    node('n1');
    node('fargate-1', { 'eks.amazonaws.com/compute-type': 'fargate' });
    node('win-1', { 'kubernetes.io/os': 'windows' });
    node('vk-1', { type: 'virtual-kubelet' });
    system.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', annotations: { 'iam.amazonaws.com/allowed-roles': '["*"]' } },
    });
    system.create('deployments.apps', workload('apps/v1', 'Deployment', 'web', {}));
    system.create('statefulsets.apps', workload('apps/v1', 'StatefulSet', 'db', { serviceName: 'db' }));
    system.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'single', namespace: 'shop', annotations: { 'iam.amazonaws.com/role': 'blue' } },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    });
  });

  it('tie each pod to its topmost controller, and know controllers without pods', async () => {
    await until(() => test.cluster.store.list('pods', 'shop').length === 3);
    const facts = await gatherCluster(test.kube, options);
    assert.deepEqual(
      value(facts.workloads).map(({ id }) => id),
      ['shop/Deployment/web', 'shop/Pod/single', 'shop/StatefulSet/db'],
    );
    const pods = value(facts.pods).map(({ name, workload }) => [name.replace(/^web-.*/, 'web-…'), workload]);
    assert.deepEqual(pods, [
      ['db-0', 'shop/StatefulSet/db'],
      ['single', 'shop/Pod/single'],
      ['web-…', 'shop/Deployment/web'],
    ]);
  });

  it('say why a node cannot be served', async () => {
    const { nodes } = await gatherCluster(test.kube, options);
    assert.deepEqual(
      value(nodes).map(({ name, notServable }) => [name, notServable]),
      [
        ['fargate-1', 'Fargate runs no DaemonSets; use IRSA there'],
        ['n1', null],
        ['vk-1', 'a virtual node has no network of its own to redirect'],
        ['win-1', 'the redirect needs Linux, and the node runs windows'],
      ],
    );
  });

  it('know that nothing is installed, and have the default settings then', async () => {
    const facts = await gatherCluster(test.kube, options);
    assert.equal(value(facts.proxy), null);
    assert.equal(facts.nodeIdentities.state, 'unknown');
    assert.deepEqual(facts.settings, DEFAULT_SETTINGS);
  });

  it('are unknown one by one, each with the grant that is missing', async () => {
    const rules = [{ apiGroups: [''], resources: ['nodes', 'namespaces'], verbs: ['list'] }];
    const facts = await gatherCluster(await test.kubeAs('half', rules), options);
    assert.equal(facts.nodes.state, 'known');
    assert.equal(facts.namespaces.state, 'known');
    assert.ok(facts.pods.state === 'unknown');
    assert.equal(facts.pods.grant?.needs, 'list pods in the whole cluster');
    assert.ok(facts.workloads.state === 'unknown');
    assert.match(
      facts.workloads.grant?.needs ?? '',
      /list deployments in the whole cluster, .*list cronjobs/,
    );
    assert.ok(facts.proxy.state === 'unknown', 'a proxy that may not be looked for is not absent');
    assert.match(facts.proxy.grant?.snippet ?? '', /resources: \["daemonsets"\]/);
  });

  it('are those of one namespace where no more may be seen, and say so', async () => {
    const rules = [{ apiGroups: ['', 'apps', 'batch'], resources: ['*'], verbs: ['list', 'get'] }];
    const kube = await test.kubeAs('tenant', rules, 'shop');
    const facts = await gatherCluster(kube, options);
    assert.equal(facts.nodes.state, 'unknown');
    assert.equal(value(facts.workloads).length, 3);
    assert.equal(facts.pods.from, 'list Pod objects in shop');
  });

  it('read the settings of the proxy and the identities of its daemons back', async () => {
    const { system, store } = test.cluster;
    system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elsewhere' } });
    system.create('daemonsets.apps', proxyDaemonSet);
    // Bound first: the scheduler writes conditions too.
    await until(() =>
      store.list('pods', 'elsewhere').some((pod) => (pod['spec'] as { nodeName?: string }).nodeName),
    );
    const pod = store.list('pods', 'elsewhere')[0]!;
    test.cluster.setPodStatus('elsewhere', pod.metadata.name, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        { name: 'proxy', ready: true, restartCount: 2, containerID: 'c://1', state: { running: {} } },
      ],
    });
    const say = (line: object) =>
      test.cluster.appendPodLog('elsewhere', pod.metadata.name, 'proxy', `${JSON.stringify(line)}\n`);
    say({ msg: 'identity', arn: 'arn:aws:sts::111122223333:assumed-role/old/i-1' });
    say({ msg: 'identity', arn: 'arn:aws:sts::111122223333:assumed-role/node/i-1' });
    say({ msg: 'issued' });

    const facts = await gatherCluster(test.kube, options);
    const install = value(facts.proxy);
    assert.ok(install);
    assert.equal(install.namespace, 'elsewhere');
    assert.equal(install.version, '9.9.9');
    assert.equal(install.stsEndpoint, 'http://sts.test');
    assert.deepEqual(install.daemons, [
      {
        node: 'n1',
        pod: pod.metadata.name,
        ready: true,
        restarts: 2,
        identityArn: 'arn:aws:sts::111122223333:assumed-role/node/i-1',
        lastMessage: null,
        redirect: null,
      },
    ]);
    assert.deepEqual(value(facts.nodeIdentities), ['arn:aws:sts::111122223333:assumed-role/node/i-1']);
    assert.deepEqual(facts.settings, {
      ...DEFAULT_SETTINGS,
      baseRoleArn: 'arn:aws:iam::111122223333:role/',
      namespaceRestrictions: true,
    });
  });

  it('do not know the identities when the logs may not be read', async () => {
    const rules = [
      {
        apiGroups: ['', 'apps', 'batch'],
        resources: ['pods', 'daemonsets', 'events'],
        verbs: ['list', 'get'],
      },
    ];
    const facts = await gatherCluster(await test.kubeAs('no-logs', rules), options);
    assert.equal(facts.proxy.state, 'known');
    assert.ok(facts.nodeIdentities.state === 'unknown');
    assert.equal(facts.nodeIdentities.grant?.needs, 'get pods/log in the namespace elsewhere');
  });

  function node(name: string, labels: Record<string, string> = {}): void {
    const os = labels['kubernetes.io/os'] ?? 'linux';
    test.cluster.system.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/os': os, ...labels } },
    });
    test.cluster.system.patchStatus('nodes', '', name, { conditions: [{ type: 'Ready', status: 'True' }] });
  }
});

const workload = (apiVersion: string, kind: string, name: string, more: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
  spec: {
    ...more,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    },
  },
});

const labels = { 'app.kubernetes.io/name': 'pod-iam', 'app.kubernetes.io/version': '9.9.9' };
const proxyDaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'pod-iam', namespace: 'elsewhere', labels },
  spec: {
    selector: { matchLabels: { 'app.kubernetes.io/name': 'pod-iam' } },
    template: {
      metadata: { labels },
      spec: {
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: 'eks.amazonaws.com/compute-type', operator: 'NotIn', values: ['fargate'] },
                    { key: 'type', operator: 'NotIn', values: ['virtual-kubelet'] },
                  ],
                },
              ],
            },
          },
        },
        containers: [
          {
            name: 'proxy',
            image: 'node',
            args: [
              '--host-ip=$(HOST_IP)',
              '--auto-discover-base-arn',
              '--namespace-restrictions',
              '--sts-endpoint=http://sts.test',
            ],
          },
        ],
      },
    },
  },
};

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); ) {
    assert.ok(Date.now() < end, 'it took too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

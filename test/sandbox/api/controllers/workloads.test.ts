import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type ApiObject,
  type EmulatedCluster,
  startEmulatedCluster,
} from '../../../../src/sandbox/api/index.ts';
import { eventually } from '../fidelity.ts';
import { addNode, type InstantKubelets, running, startInstantKubelets } from '../helpers/kubelet.ts';

const namespace = 'default';
const workload = (kind: string, name: string, image: string, rest: object = {}, pod: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image }], ...pod },
    },
    ...rest,
  },
});
// biome-ignore lint/suspicious/noExplicitAny: a test reads into objects of any shape
type Any = any;

describe('workloads on nodes with a kubelet', () => {
  let cluster: EmulatedCluster;
  let kubelets: InstantKubelets;
  let onPod: (pod: ApiObject) => object | null;
  const podsOf = (app: string): ApiObject[] =>
    cluster.store.list('pods', namespace).filter(({ metadata }) => metadata.labels?.['app'] === app);
  const imagesOf = (app: string): string[] =>
    podsOf(app).map((pod) => (pod['spec'] as Any).containers[0].image);
  const status = (key: string, name: string): Any => cluster.store.get(key, namespace, name)?.['status'];
  const events = (name: string, reason: string): string[] =>
    cluster.store
      .list('events', namespace)
      .filter((event) => event['reason'] === reason && (event['involvedObject'] as Any).name === name)
      .map((event) => event['message'] as string);

  before(async () => {
    cluster = await startEmulatedCluster();
    kubelets = startInstantKubelets(cluster, ['node1', 'node2'], (pod) => onPod(pod));
  });
  beforeEach(() => {
    onPod = running;
  });
  after(async () => {
    kubelets.stop();
    await cluster.close();
  });

  it('a daemon set puts one ready pod on each node, also on one that joins', async () => {
    cluster.system.create('daemonsets.apps', workload('DaemonSet', 'agent', 'agent:1'));
    await eventually(async () => assert.equal(status('daemonsets.apps', 'agent').numberReady, 2));
    const nodes = podsOf('agent').map((pod) => (pod['spec'] as Any).nodeName);
    assert.deepEqual(nodes.sort(), ['node1', 'node2']);
    addNode(cluster, { name: 'node3' });
    await eventually(async () => assert.equal(status('daemonsets.apps', 'agent').numberReady, 3));
  });

  it('a daemon set leaves a node that is gone', async () => {
    cluster.system.remove('nodes', '', 'node3');
    await eventually(async () => {
      assert.equal(podsOf('agent').length, 2);
      assert.equal(status('daemonsets.apps', 'agent').desiredNumberScheduled, 2);
    });
  });

  it('a daemon set changes node by node, and waits while one is not ready', async () => {
    onPod = (pod) => ((pod['spec'] as Any).containers[0].image === 'agent:2' ? null : running(pod));
    cluster.system.patch('daemonsets.apps', namespace, 'agent', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'agent:2' }] } } },
    });
    await eventually(async () => assert.deepEqual(imagesOf('agent').sort(), ['agent:1', 'agent:2']));
    await eventually(async () => {
      const { updatedNumberScheduled, numberReady, numberUnavailable, observedGeneration } = status(
        'daemonsets.apps',
        'agent',
      );
      assert.deepEqual(
        [updatedNumberScheduled, numberReady, numberUnavailable, observedGeneration],
        [1, 1, 1, 2],
      );
    });
    onPod = running;
    // No kubelet reports on a pod that the scheduler has not bound yet.
    await eventually(async () =>
      assert.ok(podsOf('agent').every((pod) => (pod['spec'] as Any).nodeName !== undefined)),
    );
    for (const pod of podsOf('agent')) cluster.setPodStatus(namespace, pod.metadata.name, running(pod));
    await eventually(async () => {
      assert.deepEqual(imagesOf('agent'), ['agent:2', 'agent:2']);
      assert.equal(status('daemonsets.apps', 'agent').updatedNumberScheduled, 2);
    });
  });

  it('a daemon set replaces a pod that has failed', async () => {
    const [pod] = podsOf('agent');
    cluster.setPodStatus(namespace, pod!.metadata.name, { phase: 'Failed', conditions: [] });
    await eventually(async () => {
      assert.equal(
        podsOf('agent').some(({ metadata }) => metadata.uid === pod!.metadata.uid),
        false,
      );
      assert.equal(status('daemonsets.apps', 'agent').numberReady, 2);
    });
    assert.match(
      events('agent', 'FailedDaemonPod')[0]!,
      /^Found failed daemon pod default\/agent-\w+ on node node\d/,
    );
  });

  it('a deployment rolls to a new template without going below what it promises', async () => {
    cluster.system.create('deployments.apps', workload('Deployment', 'web', 'web:1', { replicas: 4 }));
    await eventually(async () => assert.equal(status('deployments.apps', 'web').availableReplicas, 4));
    let least = 4;
    const stop = cluster.store.watch('pods', () => {
      const ready = podsOf('web').filter(
        (pod) => !pod.metadata.deletionTimestamp && (pod['status'] as Any).phase === 'Running',
      );
      least = Math.min(least, ready.length);
    });
    cluster.system.patch('deployments.apps', namespace, 'web', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } },
    });
    await eventually(async () => {
      assert.deepEqual(imagesOf('web'), Array(4).fill('web:2'));
      const { updatedReplicas, availableReplicas, unavailableReplicas, conditions } = status(
        'deployments.apps',
        'web',
      );
      assert.deepEqual([updatedReplicas, availableReplicas, unavailableReplicas], [4, 4, undefined]);
      assert.deepEqual(
        conditions.map((each: Any) => each.reason),
        ['MinimumReplicasAvailable', 'NewReplicaSetAvailable'],
      );
    });
    stop();
    assert.equal(least, 3);
  });

  it('a deployment whose pods may not be created says so', async () => {
    const refused = workload('Deployment', 'refused', 'web:1', {}, { serviceAccountName: 'nobody' });
    cluster.system.create('deployments.apps', refused);
    await eventually(async () => {
      const failure = status('deployments.apps', 'refused').conditions.find(
        (each: Any) => each.type === 'ReplicaFailure',
      );
      assert.match(failure.message, /is forbidden: error looking up service account default\/nobody/);
    });
    // And tries again by itself.
    cluster.system.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'nobody', namespace },
    });
    await eventually(async () => {
      const { availableReplicas, conditions } = status('deployments.apps', 'refused');
      assert.equal(availableReplicas, 1);
      assert.equal(
        conditions.some((each: Any) => each.type === 'ReplicaFailure'),
        false,
      );
    });
  });

  it('a deployment that recreates lets the old pods end first', async () => {
    const recreating = workload('Deployment', 'solo', 'solo:1', { strategy: { type: 'Recreate' } });
    cluster.system.create('deployments.apps', recreating);
    await eventually(async () => assert.equal(status('deployments.apps', 'solo').availableReplicas, 1));
    const seen = new Set<string>();
    const stop = cluster.store.watch('pods', () => {
      seen.add([...new Set(imagesOf('solo'))].sort().join());
    });
    cluster.system.patch('deployments.apps', namespace, 'solo', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'solo:2' }] } } },
    });
    await eventually(async () => assert.deepEqual(imagesOf('solo'), ['solo:2']));
    stop();
    assert.equal(seen.has('solo:1,solo:2'), false);
  });

  it('a stateful set makes its pods one after the other, and replaces them from the last', async () => {
    const order: string[] = [];
    const stop = cluster.store.watch('pods', ({ type, object: { metadata } }) => {
      if (type !== 'MODIFIED' && metadata.name.startsWith('db-')) order.push(`${type} ${metadata.name}`);
    });
    cluster.system.create(
      'statefulsets.apps',
      workload('StatefulSet', 'db', 'db:1', { replicas: 2, serviceName: 'db' }),
    );
    await eventually(async () => assert.equal(status('statefulsets.apps', 'db').readyReplicas, 2));
    assert.deepEqual(order, ['ADDED db-0', 'ADDED db-1']);
    cluster.system.patch('statefulsets.apps', namespace, 'db', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'db:2' }] } } },
    });
    await eventually(async () => {
      assert.deepEqual(imagesOf('db'), ['db:2', 'db:2']);
      const { updatedReplicas, currentRevision, updateRevision } = status('statefulsets.apps', 'db');
      assert.equal(updatedReplicas, 2);
      assert.equal(currentRevision, updateRevision);
    });
    stop();
    assert.deepEqual(order.slice(2), ['DELETED db-1', 'ADDED db-1', 'DELETED db-0', 'ADDED db-0']);
  });

  it('a job runs until it has succeeded', async () => {
    onPod = () => ({ phase: 'Succeeded', startTime: new Date().toISOString(), conditions: [] });
    cluster.system.create('jobs.batch', job('once', { completions: 2, parallelism: 1 }));
    await eventually(async () => {
      const { succeeded, conditions, completionTime } = status('jobs.batch', 'once');
      assert.equal(succeeded, 2);
      assert.equal(conditions.at(-1).type, 'Complete');
      assert.ok(completionTime);
    });
  });

  it('a job gives up when too many pods have failed', async () => {
    onPod = () => ({ phase: 'Failed', startTime: new Date().toISOString(), conditions: [] });
    cluster.system.create('jobs.batch', job('never', { backoffLimit: 1 }));
    await eventually(async () => {
      const { failed, conditions } = status('jobs.batch', 'never');
      assert.equal(failed, 2);
      assert.deepEqual(
        [conditions.at(-1).type, conditions.at(-1).reason],
        ['Failed', 'BackoffLimitExceeded'],
      );
    });
  });

  it('pods spread over the nodes, and what is deleted takes its pods along', async () => {
    const nodes = podsOf('web').map((pod) => (pod['spec'] as Any).nodeName);
    assert.equal(new Set(nodes).size, 2);
    cluster.system.remove('deployments.apps', namespace, 'web');
    await eventually(async () => assert.equal(podsOf('web').length, 0));
    assert.equal(
      cluster.store.list('replicasets.apps').some(({ metadata }) => metadata.name.startsWith('web-')),
      false,
    );
  });
});

const job = (name: string, spec: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: {
    ...spec,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'job:1' }] } },
  },
});

// The emulated server through the client library that the product uses.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { type EmulatedCluster, startEmulatedCluster } from '../../../src/sandbox/api/index.ts';
import { eventually } from './fidelity.ts';
import { startInstantKubelets } from './helpers/kubelet.ts';
import { pod } from './helpers/objects.ts';

describe('client-node on the emulated cluster', () => {
  let cluster: EmulatedCluster;
  let config: KubeConfig;
  let objects: KubernetesObjectApi;
  let core: CoreV1Api;

  const connect = (kubeconfig: string): KubeConfig => {
    const loaded = new KubeConfig();
    loaded.loadFromString(kubeconfig);
    return loaded;
  };
  before(async () => {
    cluster = await startEmulatedCluster({ name: 'shop' });
    startInstantKubelets(cluster, ['node1']);
    config = connect(cluster.kubeconfig);
    objects = KubernetesObjectApi.makeApiClient(config);
    core = config.makeApiClient(CoreV1Api);
  });
  after(() => cluster.close());

  const running = (name: string) =>
    eventually(async () =>
      assert.equal((await core.readNamespacedPod({ name, namespace: 'default' })).status?.phase, 'Running'),
    );

  it('finds context, server and version', async () => {
    assert.equal(config.getCurrentContext(), 'shop');
    assert.equal(config.getCurrentCluster()!.server, cluster.url);
    assert.match((await config.makeApiClient(VersionApi).getCode()).gitVersion, /^v1\.\d+\.\d+$/);
  });

  it('creates, reads, lists, applies and deletes any kind', async () => {
    const head = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'any', namespace: 'default' } };
    const apply = (data: object): Promise<KubernetesObject & { data?: object }> =>
      objects.patch({ ...head, data }, undefined, undefined, 'pod-iam', true, PatchStrategy.ServerSideApply);
    await apply({ a: '1', b: '2' });
    assert.deepEqual((await apply({ b: '3' })).data, { b: '3' });
    const read: KubernetesObject & { data?: object } = await objects.read(head);
    assert.deepEqual(read.data, { b: '3' });
    const list = await objects.list('v1', 'ConfigMap', 'default');
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata!.name),
      ['any', 'kube-root-ca.crt'],
    );
    await objects.delete(head);
    await assert.rejects(objects.read(head), refusal('configmaps "any" not found'));
  });

  it('reads logs: whole, the tail, of a chosen container, of the instance before', async () => {
    const twoContainers = [
      { name: 'main', image: 'app:1' },
      { name: 'side', image: 'side:1' },
    ];
    cluster.system.create('pods', pod('talker', { containers: twoContainers }));
    await running('talker');
    const log = (options: object = {}) =>
      core.readNamespacedPodLog({ name: 'talker', namespace: 'default', ...options });
    cluster.appendPodLog('default', 'talker', 'main', 'one\ntwo\nthr');
    cluster.appendPodLog('default', 'talker', 'main', 'ee\n');
    assert.equal(await log({ container: 'main' }), 'one\ntwo\nthree\n');
    assert.equal(await log({ container: 'main', tailLines: 1 }), 'three\n');
    assert.equal(await log({ container: 'side' }), '');
    await assert.rejects(
      log(),
      refusal('a container name must be specified for pod talker, choose one of: [main side]'),
    );
    await assert.rejects(
      log({ container: 'main', previous: true }),
      refusal('previous terminated container "main" in pod "talker" not found'),
    );
    cluster.logs.restart(cluster.store.get('pods', 'default', 'talker')!.metadata.uid!, 'main');
    assert.equal(await log({ container: 'main', previous: true }), 'one\ntwo\nthree\n');
    assert.equal(await log({ container: 'main' }), '');
  });

  it('follows a log until the pod has ended', async (t) => {
    cluster.system.create('pods', pod('singer'));
    await running('singer');
    const { mock } = t.mock.method(cluster.logs, 'follow');
    cluster.appendPodLog('default', 'singer', 'main', 'one\n');
    const follow = core.readNamespacedPodLog({ name: 'singer', namespace: 'default', follow: true });
    await eventually(async () => assert.equal(mock.callCount(), 1));
    cluster.appendPodLog('default', 'singer', 'main', 'two\n');
    cluster.setPodStatus('default', 'singer', { phase: 'Succeeded' });
    cluster.appendPodLog('default', 'singer', 'main', 'too late\n');
    assert.equal(await follow, 'one\ntwo\n');
  });

  it('watches pods as they come, change and go', async () => {
    const seen: string[] = [];
    let isSeen = (): void => {};
    const gone = new Promise<void>((resolve) => {
      isSeen = resolve;
    });
    const query = { resourceVersion: String(cluster.store.version), fieldSelector: 'metadata.name=passer' };
    const controller = await new Watch(config).watch(
      '/api/v1/namespaces/default/pods',
      query,
      (phase, object) => {
        seen.push(`${phase} ${object.status.phase}`);
        if (phase === 'DELETED') isSeen();
      },
      () => {},
    );
    await core.createNamespacedPod({ namespace: 'default', body: pod('passer') as object });
    await eventually(async () => assert.ok(seen.includes('MODIFIED Running'), seen.join()));
    await core.deleteNamespacedPod({ name: 'passer', namespace: 'default' });
    await gone;
    controller.abort();
    assert.equal(seen[0], 'ADDED Pending');
    assert.equal(seen.includes('MODIFIED Running'), true);
    assert.equal(seen.at(-1), 'DELETED Running');
  });

  it('asks what a service account may do, with a token of its own', async () => {
    const token = cluster.issueToken('default', 'default');
    const mine = connect(cluster.kubeconfigFor(token, { user: 'default', namespace: 'default' }));
    const review = await mine.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } } },
    });
    assert.equal(review.status!.allowed, false);
    await assert.rejects(
      mine.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' }),
      refusal(
        'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
      ),
    );
  });
});

/** Matches the error of a call that the server refused in these words. */
const refusal = (message: string) => (error: unknown) => {
  assert.ok(error instanceof ApiException);
  assert.equal(JSON.parse(String(error.body)).message, message);
  return true;
};

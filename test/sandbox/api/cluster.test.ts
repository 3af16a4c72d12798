// What the cluster's public face promises besides the API itself.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { type EmulatedCluster, startEmulatedCluster } from '../../../src/sandbox/api/index.ts';
import { eventually } from './fidelity.ts';
import { addNode } from './helpers/kubelet.ts';
import { pod } from './helpers/objects.ts';
import { connectWire, type Wire } from './helpers/wire.ts';

describe('an emulated cluster', () => {
  let cluster: EmulatedCluster;
  let wire: Wire;
  before(async () => {
    cluster = await startEmulatedCluster({ extraHosts: ['127.5.0.1', 'kubernetes.default.svc'] });
    wire = await connectWire(cluster.kubeconfig);
    addNode(cluster, { name: 'node1' });
  });
  after(() => cluster.close());

  it('has a certificate for loopback and for the hosts that it is given', () => {
    const certificate = new X509Certificate(cluster.caPem);
    for (const address of ['127.0.0.1', '::1', '127.5.0.1']) assert.ok(certificate.checkIP(address), address);
    for (const name of ['localhost', 'kubernetes.default.svc']) assert.ok(certificate.checkHost(name), name);
    assert.equal(certificate.checkHost('elsewhere'), undefined);
  });

  it('writes a kubeconfig with everything in it', () => {
    const config = parse(cluster.kubeconfigFor('t0ken', { user: 'me: "x"', namespace: 'shop' }));
    assert.equal(config['current-context'], 'emulated');
    assert.deepEqual(config.users, [{ name: 'me: "x"', user: { token: 't0ken' } }]);
    assert.equal(config.contexts[0].context.namespace, 'shop');
    const ca = config.clusters[0].cluster['certificate-authority-data'];
    assert.equal(Buffer.from(ca, 'base64').toString(), cluster.caPem);
  });

  it('gives each namespace a service account and the CA at once', () => {
    cluster.system.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    assert.ok(cluster.store.get('serviceaccounts', 'shop', 'default'));
    const ca = cluster.store.get('configmaps', 'shop', 'kube-root-ca.crt');
    assert.deepEqual(ca?.['data'], { 'ca.crt': cluster.caPem });
  });

  it('waits for the kubelet before a terminating pod goes, and before its namespace does', async () => {
    cluster.system.create('pods', pod('slow', {}, { namespace: 'shop' }));
    await eventually(async () => {
      const spec = cluster.store.get('pods', 'shop', 'slow')!['spec'] as { nodeName?: string };
      assert.equal(spec.nodeName, 'node1');
    });
    await wire.call('DELETE', '/api/v1/namespaces/shop');
    const { metadata } = cluster.store.get('pods', 'shop', 'slow')!;
    assert.equal(metadata.deletionGracePeriodSeconds, 30);
    const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } };
    const refused = await wire.call('POST', '/api/v1/namespaces/shop/configmaps', late);
    assert.equal(
      refused.body.message,
      'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
    );
    assert.equal(refused.body.details.causes[0].reason, 'NamespaceTerminating');
    cluster.removePod('shop', 'slow');
    await eventually(async () => assert.equal(cluster.store.get('namespaces', '', 'shop'), null));
  });

  it('shortens a deletion that is asked for again with less time', async () => {
    cluster.system.create('pods', pod('twice'));
    await eventually(async () => {
      assert.ok((cluster.store.get('pods', 'default', 'twice')!['spec'] as { nodeName?: string }).nodeName);
    });
    const path = '/api/v1/namespaces/default/pods/twice';
    const first = await wire.call('DELETE', path);
    assert.equal(first.body.metadata.deletionGracePeriodSeconds, 30);
    const second = await wire.call('DELETE', `${path}?gracePeriodSeconds=5`);
    assert.equal(second.body.metadata.deletionGracePeriodSeconds, 5);
    assert.equal((await wire.call('DELETE', path)).body.metadata.deletionGracePeriodSeconds, 5);
    await wire.call('DELETE', `${path}?gracePeriodSeconds=0`);
    assert.equal((await wire.call('GET', path)).code, 404);
  });

  it('refuses a token from the moment its service account is deleted', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'brief', namespace: 'default' },
    };
    cluster.system.create('serviceaccounts', account);
    const token = cluster.issueToken('default', 'brief');
    assert.equal((await wire.call('GET', '/version', undefined, { token })).code, 200);
    cluster.system.remove('serviceaccounts', 'default', 'brief');
    assert.equal((await wire.call('GET', '/version', undefined, { token })).code, 401);
  });

  it('drops the pods of a node that is gone, and counts quotas', async () => {
    addNode(cluster, { name: 'node2' });
    cluster.system.create('pods', pod('lost', { nodeName: 'node2' }));
    cluster.system.create('resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'default' },
      spec: { hard: { pods: '5', 'requests.cpu': '1' } },
    });
    const used = () =>
      (cluster.store.get('resourcequotas', 'default', 'q')!['status'] as { used?: object }).used;
    await eventually(async () => assert.deepEqual(used(), { pods: '1', 'requests.cpu': '0' }));
    cluster.system.remove('nodes', '', 'node2');
    await eventually(async () => {
      assert.equal(cluster.store.get('pods', 'default', 'lost'), null);
      assert.deepEqual(used(), { pods: '0', 'requests.cpu': '0' });
    });
  });

  it('lets the administrator act as somebody else, and nobody else', async () => {
    const headers = { 'impersonate-user': 'system:serviceaccount:default:default' };
    const as = await wire.call('GET', '/api/v1/pods', undefined, { headers });
    assert.equal(
      as.body.message,
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" at the cluster scope',
    );
    const token = cluster.issueUserToken('jane');
    const refused = await wire.call('GET', '/api/v1/pods', undefined, { token, headers });
    assert.equal(refused.code, 403);
    assert.match(refused.body.message, /User "jane" cannot impersonate resource "users" in API group ""/);
  });

  it('shows objects as a table to who asks for one', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
    const { body } = await wire.call('GET', '/api/v1/nodes', undefined, { headers });
    assert.equal(body.kind, 'Table');
    assert.deepEqual(
      body.columnDefinitions.map(({ name }: { name: string }) => name),
      ['Name', 'Status', 'Internal-IP', 'Age'],
    );
    assert.deepEqual(body.rows[0].cells.slice(0, 3), ['node1', 'Ready', '<none>']);
    const plain = await wire.call('GET', '/api/v1/limitranges', undefined, { headers });
    assert.equal(plain.body.kind, 'LimitRangeList');
  });

  it('counts an event that repeats', () => {
    const object = cluster.store.get('namespaces', '', 'default')!;
    const event = { type: 'Warning', reason: 'Again', message: 'and again' } as const;
    for (let count = 0; count < 3; count += 1) cluster.system.event(object, event);
    const events = cluster.store.list('events').filter(({ reason }) => reason === 'Again');
    assert.deepEqual(
      events.map(({ count }) => count),
      [3],
    );
  });
});

// The daemon's rights as an emulated API server judges them by RBAC, and as the manifests grant them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gatherRights } from '../../../src/cluster/facts/rights.ts';
import { rightsNeeded } from '../../../src/model/daemon-rights.ts';
import { useCluster } from '../helpers.ts';

describe('the rights of the daemon', () => {
  const test = useCluster();
  const account = { namespace: 'pod-iam', name: 'pod-iam' };

  it('are those that RBAC gives its service account', async () => {
    const { system } = test.cluster;
    const api = 'rbac.authorization.k8s.io';
    system.create('clusterroles.rbac.authorization.k8s.io', {
      ...{ apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata: { name: 'pod-iam' } },
      rules: [
        { apiGroups: [''], resources: ['pods', 'namespaces'], verbs: ['list'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create'] },
      ],
    });
    system.create('clusterrolebindings.rbac.authorization.k8s.io', {
      ...{ apiVersion: `${api}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'pod-iam' } },
      roleRef: { apiGroup: api, kind: 'ClusterRole', name: 'pod-iam' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    });
    const fact = await gatherRights(test.kube, account, {
      'namespace-restrictions': true,
      'startup-taint': 'x',
    });
    assert.ok(fact.state === 'known');
    assert.deepEqual(
      fact.value.filter(({ isAllowed }) => !isAllowed).map(({ verb, resource }) => `${verb} ${resource}`),
      ['watch pods', 'watch namespaces', 'get nodes', 'patch nodes'],
    );
    const other = await gatherRights(test.kube, { ...account, name: 'default' }, {});
    assert.ok(other.state === 'known');
    assert.deepEqual(
      other.value.map(({ isAllowed }) => isAllowed),
      rightsNeeded({}).map(() => false),
    );
  });

  it('are unknown to those who may not ask, with what to grant, and for a daemon that is somebody else', async () => {
    const kube = await test.kubeAs('reader', []);
    const denied = await gatherRights(kube, account, {});
    assert.ok(denied.state === 'unknown');
    assert.equal(denied.grant?.needs, 'create subjectaccessreviews in the whole cluster');
    const other = await gatherRights(kube, account, { 'api-token': 'secret' });
    assert.deepEqual(other, {
      state: 'unknown',
      why: 'by --api-token the daemon is not known as its service account',
      from: 'SubjectAccessReviews for the daemon',
      grant: null,
    });
  });

  it('that it needs are more with some flags', () => {
    assert.equal(rightsNeeded({}).length, 3);
    assert.equal(rightsNeeded({ 'namespace-restrictions': true }).length, 5);
    assert.equal(rightsNeeded({ 'container-credentials': true, 'startup-taint': 'x' }).length, 6);
  });
});

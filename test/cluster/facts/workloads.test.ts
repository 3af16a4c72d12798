import assert from 'node:assert/strict';
import { it } from 'node:test';
import { topmostWorkloads } from '../../../src/cluster/facts/workloads.ts';
import type { KubeObject } from '../../../src/cluster/kube.ts';

const owner = (apiVersion: string, kind: string, name: string) => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `uid-of-${name}`, controller: true }],
});

function object(apiVersion: string, kind: string, name: string, metadata: object = {}): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, ...metadata },
    spec: {},
  };
}

const deployment = object('apps/v1', 'Deployment', 'blue');
const replicaSet = object('apps/v1', 'ReplicaSet', 'blue-1', owner('apps/v1', 'Deployment', 'blue'));
const pod = object('v1', 'Pod', 'blue-1-x', owner('apps/v1', 'ReplicaSet', 'blue-1'));

const ids = (controllers: KubeObject[], pods: KubeObject[]): string[] =>
  topmostWorkloads(controllers, pods).map(({ id }) => id);

it('a pod stands under its topmost controller', () => {
  assert.deepEqual(ids([deployment, replicaSet], [pod]), ['shop/Deployment/blue']);
});

it('a pod whose controller was deleted waits for its end and is no workload', () => {
  assert.deepEqual(ids([], [pod]), []);
});

it('a pod without a controller is a workload until it is told to go', () => {
  const bare = object('v1', 'Pod', 'bare');
  const going = object('v1', 'Pod', 'going', { deletionTimestamp: '2026-11-25T00:00:00Z' });
  assert.deepEqual(ids([], [bare, going]), ['shop/Pod/bare']);
});

it('a pod that a custom resource or a node made is a workload of its own', () => {
  const custom = object(
    'v1',
    'Pod',
    'spark',
    owner('sparkoperator.k8s.io/v1beta2', 'SparkApplication', 'job'),
  );
  const fixed = object('v1', 'Pod', 'static', owner('v1', 'Node', 'node1'));
  assert.deepEqual(ids([], [custom, fixed]), ['shop/Pod/spark', 'shop/Pod/static']);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually, type Subject } from '../fidelity.ts';

export function fidelityOfControllers(subject: Subject): void {
  describe('controllers', () => {
    const core = (rest: string): string => `/api/v1/namespaces/${subject.namespace}/${rest}`;
    const apps = (rest: string): string => `/apis/apps/v1/namespaces/${subject.namespace}/${rest}`;
    // No node has this label, so nothing is ever started.
    const nowhere = { 'pod-iam.dev/nowhere': 'x' };
    const workload = (kind: string, name: string, spec: object = {}, pod: object = {}): object => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { nodeSelector: nowhere, containers: [{ name: 'main', image: 'busybox:1' }], ...pod },
        },
        ...spec,
      },
    });
    const podsOf = async (app: string) =>
      (await subject.wire.call('GET', core(`pods?labelSelector=app%3D${app}`))).body.items;
    // biome-ignore lint/suspicious/noExplicitAny: conditions of any object
    const condition = (object: any, type: string) =>
      object.status.conditions?.find((each: { type: string }) => each.type === type);

    it('makes pods of a deployment through a replica set, each owned by the next', async () => {
      const { wire } = subject;
      await wire.call('POST', apps('deployments'), workload('Deployment', 'web', { replicas: 2 }));
      await eventually(async () => assert.equal((await podsOf('web')).length, 2));
      const [pod] = await podsOf('web');
      const [owner] = pod.metadata.ownerReferences;
      assert.deepEqual([owner.kind, owner.controller, owner.blockOwnerDeletion], ['ReplicaSet', true, true]);
      const { body: set } = await wire.call('GET', apps(`replicasets/${owner.name}`));
      assert.equal(set.metadata.ownerReferences[0].kind, 'Deployment');
      assert.equal(set.metadata.labels['pod-template-hash'], pod.metadata.labels['pod-template-hash']);
      await eventually(async () => {
        const { body: deployment } = await wire.call('GET', apps('deployments/web'));
        assert.equal(deployment.status.observedGeneration, deployment.metadata.generation);
        assert.equal(deployment.status.replicas, 2);
        assert.equal(deployment.status.unavailableReplicas, 2);
        assert.equal(condition(deployment, 'Available').reason, 'MinimumReplicasUnavailable');
      });
    });

    it('says in the pod and in an event why no node fits', async () => {
      const [{ metadata }] = await podsOf('web');
      await eventually(async () => {
        const { body: pod } = await subject.wire.call('GET', core(`pods/${metadata.name}`));
        const scheduled = condition(pod, 'PodScheduled');
        assert.deepEqual([scheduled.status, scheduled.reason], ['False', 'Unschedulable']);
        assert.match(
          scheduled.message,
          /^0\/\d+ nodes are available: \d+ node\(s\) didn't match Pod's node affinity\/selector\. no new claims/,
        );
      });
      await eventually(async () => {
        const selector = `involvedObject.uid%3D${metadata.uid},reason%3DFailedScheduling`;
        const { body } = await subject.wire.call('GET', core(`events?fieldSelector=${selector}`));
        assert.equal(body.items[0].type, 'Warning');
      });
    });

    it('answers for the log of a pod that is nowhere, and of a container that is not there', async () => {
      const [{ metadata }] = await podsOf('web');
      assert.equal((await subject.wire.call('GET', core(`pods/${metadata.name}/log`))).code, 204);
      const wrong = await subject.wire.call('GET', core(`pods/${metadata.name}/log?container=nope`));
      assert.equal(wrong.code, 400);
      assert.equal(wrong.body.message, `container nope is not valid for pod ${metadata.name}`);
    });

    it('scales a deployment down, and deletes it in the foreground with its pods', async () => {
      const { wire } = subject;
      const patch = { spec: { replicas: 1 } };
      await wire.call('PATCH', apps('deployments/web'), patch, { type: 'application/merge-patch+json' });
      await eventually(async () => assert.equal((await podsOf('web')).length, 1));
      const answer = await wire.call('DELETE', apps('deployments/web'), { propagationPolicy: 'Foreground' });
      assert.equal(answer.body.kind, 'Deployment');
      assert.deepEqual(answer.body.metadata.finalizers, ['foregroundDeletion']);
      await eventually(async () => {
        assert.equal((await wire.call('GET', apps('deployments/web'))).code, 404);
        assert.equal((await podsOf('web')).length, 0);
      });
    });

    it('leaves the pods of a deleted replica set when they are orphaned', async () => {
      const { wire } = subject;
      await wire.call('POST', apps('replicasets'), workload('ReplicaSet', 'orphans', { replicas: 1 }));
      await eventually(async () => assert.equal((await podsOf('orphans')).length, 1));
      await wire.call('DELETE', apps('replicasets/orphans'), { propagationPolicy: 'Orphan' });
      await eventually(async () => {
        assert.equal((await wire.call('GET', apps('replicasets/orphans'))).code, 404);
        const [pod] = await podsOf('orphans');
        assert.equal(pod.metadata.ownerReferences, undefined);
      });
    });

    it('reports a daemon set that selects no node', async () => {
      await subject.wire.call('POST', apps('daemonsets'), workload('DaemonSet', 'agent'));
      await eventually(async () => {
        const { body } = await subject.wire.call('GET', apps('daemonsets/agent'));
        assert.deepEqual(body.status, {
          currentNumberScheduled: 0,
          numberMisscheduled: 0,
          desiredNumberScheduled: 0,
          numberReady: 0,
          observedGeneration: 1,
        });
      });
    });

    it('says on the replica set why a pod could not be created', async () => {
      const { wire } = subject;
      const unwanted = workload('ReplicaSet', 'unwanted', { replicas: 1 }, { serviceAccountName: 'nope' });
      await wire.call('POST', apps('replicasets'), unwanted);
      await eventually(async () => {
        const { body } = await wire.call('GET', apps('replicasets/unwanted'));
        const failure = condition(body, 'ReplicaFailure');
        assert.equal(failure.reason, 'FailedCreate');
        assert.match(failure.message, /^pods "unwanted-" is forbidden: error looking up service account/);
      });
    });
  });
}

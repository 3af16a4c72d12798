// Each source of the nodes' roles in turn, in a cluster in memory and with an AWS that answers so much only.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Aws } from '../../src/aws/aws.ts';
import type { KubeObject } from '../../src/cluster/kube.ts';
import { findNodeRoles } from '../../src/doctor/node-roles.ts';
import { PROXY_NAME } from '../../src/model/labels.ts';
import { environmentProblem } from '../../src/model/problem.ts';
import type { InstanceFact } from '../../src/model/snapshot.ts';
import { onlyAws } from '../helpers/aws.ts';
import { memoryKube } from '../helpers/memory-kube.ts';
import { role } from '../helpers/snapshot.ts';

const account = '111122223333';
const arn = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const id = 'i-0123456789abcdef0';

const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: {} },
  spec: { providerID: `aws:///eu-west-1a/${id}` },
};
const awsAuth: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-system', name: 'aws-auth' },
  data: { mapRoles: `- rolearn: ${arn('from-aws-auth')}\n  groups: [system:nodes]\n` },
};
const labels = { 'app.kubernetes.io/name': PROXY_NAME };
const daemonSet: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'pod-iam', name: PROXY_NAME, labels },
  spec: { template: { spec: { containers: [{ name: 'proxy', image: 'x', args: [] }] } } },
};
const daemon: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...{ namespace: 'pod-iam', name: 'pod-iam-1', labels },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: PROXY_NAME, uid: '1' }],
  },
  spec: { nodeName: 'node-1', containers: [] },
  status: { containerStatuses: [{ name: 'proxy', containerID: 'containerd://1', ready: true }] },
};
const instance: InstanceFact = {
  id,
  profile: `arn:aws:iam::${account}:instance-profile/kops/nodes-profile`,
  metadata: { isOn: true, needsToken: true, hopLimit: 1 },
};
const denied = (action: string) => async (): Promise<never> => {
  throw environmentProblem({
    code: 'AWS_DENIED',
    what: `AWS does not allow ${action}`,
    why: 'no policy',
    next: 'allow it',
  });
};

const find = (objects: KubeObject[], aws: Partial<Aws> | null, cluster = 'memory', log = '') => {
  const kube = memoryKube({ objects, log: () => log });
  const named = { ...kube, context: { ...kube.context, cluster } };
  return findNodeRoles({ kube: named, aws: aws && onlyAws(aws), systemNamespace: 'pod-iam' });
};

describe('the roles of the nodes', () => {
  it('are those that the daemons tell, with the path that IAM knows', async () => {
    const log = `{"msg":"identity","arn":"arn:aws:sts::${account}:assumed-role/nodes/${id}"}`;
    const nodes = { ...role('nodes'), arn: arn('kops/nodes') };
    const objects = [node, awsAuth, daemonSet, daemon];
    const found = await find(objects, { role: async () => nodes }, 'memory', log);
    assert.deepEqual(found, { arns: [arn('kops/nodes')], from: 'told by the running daemons', notes: [] });
    const unread = await find(objects, { role: denied('iam:GetRole') }, 'memory', log);
    assert.deepEqual(unread.arns, [`arn:aws:sts::${account}:assumed-role/nodes/${id}`]);
  });

  it('else those in the instance profiles of the nodes', async () => {
    const found = await find([node, awsAuth], {
      instances: async (region, ids) => {
        assert.deepEqual([region, ids], ['eu-west-1', [id]]);
        return [instance];
      },
      profileRole: async (name) => (name === 'nodes-profile' ? arn('nodes') : null),
    });
    assert.deepEqual(found.arns, [arn('nodes')]);
    assert.equal(found.from, 'the roles in the instance profiles of the nodes');
    assert.deepEqual(found.notes, ['the running daemons: pod-iam is not installed']);
  });

  it('else those of aws-auth, and why EC2 told none', async () => {
    const found = await find([node, awsAuth], { instances: denied('ec2:DescribeInstances') });
    assert.deepEqual([found.arns, found.from], [[arn('from-aws-auth')], 'ConfigMap kube-system/aws-auth']);
    assert.equal(
      found.notes[1],
      'the instances of the nodes: AWS does not allow ec2:DescribeInstances: no policy',
    );
    const without = await find([node, awsAuth], null);
    assert.deepEqual(without.arns, [arn('from-aws-auth')]);
  });

  it('else those of the access entries, where the kubeconfig names the cluster', async () => {
    const told = {
      instances: async () => [{ ...instance, profile: null }],
      nodeAccessEntries: async (cluster: { name: string; region: string }) => {
        assert.deepEqual(cluster, { name: 'prod', region: 'eu-west-1' });
        return [arn('joined')];
      },
    };
    for (const cluster of [`arn:aws:eks:eu-west-1:${account}:cluster/prod`, 'prod.eu-west-1.eksctl.io']) {
      const found = await find([node], told, cluster);
      assert.deepEqual([found.arns, found.from], [[arn('joined')], 'the access entries of the EKS cluster']);
      assert.equal(found.notes[1], 'the instance profiles of the nodes: they hold no role');
    }
    const labelled = structuredClone(node);
    labelled.metadata.labels = {
      'alpha.eksctl.io/cluster-name': 'prod',
      'topology.kubernetes.io/region': 'eu-west-1',
    };
    assert.deepEqual((await find([labelled], told)).arns, [arn('joined')]);
  });

  it('else nobody’s, and every source says why', async () => {
    const found = await find([], {});
    assert.deepEqual(found, {
      arns: [],
      from: '',
      notes: [
        'the running daemons: pod-iam is not installed',
        'the instances of the nodes: no node is an EC2 instance',
        'the access entries: the kubeconfig does not tell the name of an EKS cluster',
      ],
    });
  });
});

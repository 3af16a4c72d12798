import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Aws } from '../../src/aws/aws.ts';
import { nodeRolesIn } from '../../src/cluster/facts/aws-auth.ts';
import { environmentProblem } from '../../src/model/problem.ts';
import { known } from '../../src/model/snapshot.ts';
import { detect } from '../../src/wizard/detect.ts';
import { detectNodeRoles } from '../../src/wizard/detect-node-roles.ts';
import { NOTHING } from '../../src/wizard/detected.ts';
import { useCluster } from '../cluster/helpers.ts';
import { onlyAws } from '../helpers/aws.ts';
import { SILENT } from '../helpers/silent.ts';

const aws = (caller: Aws['caller'], region: string | null = null): Aws => onlyAws({ region, caller });
const me = aws(
  async () => ({ arn: 'arn:aws-cn:iam::444455556666:user/me', account: '444455556666' }),
  'cn-north-1',
);
const options = { kube: null, aws: null, systemNamespace: 'pod-iam', progress: SILENT };

describe('without a cluster', () => {
  it('nothing is known', async () => assert.deepEqual(await detect(options), NOTHING));

  it('the caller’s account and region stand in, in their own partition', async () => {
    assert.deepEqual(await detect({ ...options, aws: me }), {
      ...NOTHING,
      baseRoleArn: {
        value: 'arn:aws-cn:iam::444455556666:role/',
        from: 'account 444455556666 of your AWS credentials',
      },
      region: { value: 'cn-north-1', from: 'your AWS configuration' },
    });
  });

  it('missing credentials are a note, and a defect is not', async () => {
    const none = environmentProblem({
      code: 'NO_AWS_CREDENTIALS',
      what: 'there are no AWS credentials',
      next: 'sign in',
    });
    assert.deepEqual(await detect({ ...options, aws: aws(() => Promise.reject(none)) }), {
      ...NOTHING,
      notes: ['there are no AWS credentials'],
    });
    await assert.rejects(
      detect({ ...options, aws: aws(() => Promise.reject(new TypeError('x'))) }),
      TypeError,
    );
  });
});

describe('in a cluster', () => {
  const test = useCluster();

  before(() => {
    const { system } = test.cluster;
    const create = (
      resource: string,
      apiVersion: string,
      kind: string,
      metadata: object,
      rest: object = {},
    ) => system.create(resource, { apiVersion, kind, metadata: metadata as { name: string }, ...rest });
    create('nodes', 'v1', 'Node', { name: 'n1', labels: { 'topology.kubernetes.io/region': 'eu-west-1' } });
    create('namespaces', 'v1', 'Namespace', { name: 'shop' });
    deployment('web', { 'iam.amazonaws.com/role': 'blue', 'iam.amazonaws.com/external-id': 'id-1' });
    deployment('api', { 'iam.amazonaws.com/role': 'blue' });
    deployment('job', { 'iam.amazonaws.com/role': 'arn:aws:iam::111122223333:role/red' });
    deployment('bare', {});
    deployment('blank', { 'iam.amazonaws.com/role': ' ' });
    create('serviceaccounts', 'v1', 'ServiceAccount', {
      name: 'irsa',
      namespace: 'shop',
      annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/irsa' },
    });
    create(
      'daemonsets.apps',
      'apps/v1',
      'DaemonSet',
      { name: 'iam', namespace: 'kube-system' },
      {
        spec: {
          selector: { matchLabels: { app: 'iam' } },
          template: {
            metadata: { labels: { app: 'iam' } },
            spec: {
              containers: [
                {
                  name: 'kube2iam',
                  image: 'jtblin/kube2iam:0.11.2',
                  args: [
                    '--base-role-arn=arn:aws:iam::111122223333:role/k8s/',
                    '--namespace-restrictions',
                    '--namespace-restriction-format',
                    'regexp',
                    '--host-ip=$(HOST_IP)',
                    '--iptables=true',
                    '--default-role=$(DEFAULT)',
                    '--verbose',
                  ],
                },
              ],
            },
          },
        },
      },
    );
    create(
      'configmaps',
      'v1',
      'ConfigMap',
      { name: 'aws-auth', namespace: 'kube-system' },
      {
        data: {
          mapRoles:
            '- rolearn: arn:aws:iam::111122223333:role/node\n  groups: [system:bootstrappers, system:nodes]\n' +
            '- rolearn: arn:aws:iam::111122223333:role/admin\n  groups: [system:masters]\n',
        },
      },
    );

    function deployment(name: string, annotations: Record<string, string>): void {
      const labels = { app: name };
      create(
        'deployments.apps',
        'apps/v1',
        'Deployment',
        { name, namespace: 'shop' },
        {
          spec: {
            selector: { matchLabels: labels },
            template: {
              metadata: { labels, annotations },
              spec: { containers: [{ name: 'a', image: 'b' }] },
            },
          },
        },
      );
    }
  });

  it('workloads, node role, region and a kube2iam’s settings are found', async () => {
    const detected = await detect({ ...options, kube: test.kube, aws: me });
    assert.match(detected.cluster!, /^\S+ \(https:\/\/\S+, v1\.\d+/);
    assert.deepEqual(
      { ...detected, cluster: null },
      {
        cluster: null,
        isEks: false,
        modes: ['kube2iam (kube-system/iam)', 'IRSA (1 service account)'],
        baseRoleArn: { value: 'arn:aws:iam::111122223333:role/', from: 'account of the node role' },
        nodeRoles: { value: ['arn:aws:iam::111122223333:role/node'], from: 'ConfigMap kube-system/aws-auth' },
        region: { value: 'eu-west-1', from: 'label of the nodes' },
        roles: [
          {
            value: 'arn:aws:iam::111122223333:role/red',
            externalIds: [null],
            workloads: ['shop/Deployment/job'],
          },
          {
            value: 'blue',
            externalIds: [null, 'id-1'],
            workloads: ['shop/Deployment/api', 'shop/Deployment/web'],
          },
        ],
        peerFlags: {
          value: {
            'base-role-arn': 'arn:aws:iam::111122223333:role/k8s/',
            'namespace-restrictions': true,
            'namespace-restriction-format': 'regexp',
          },
          from: 'flags of kube2iam (kube-system/iam)',
        },
        notes: [],
      },
    );
  });

  it('another annotation key is looked at when it is given', async () => {
    const { roles } = await detect({ ...options, kube: test.kube, roleKey: 'example.com/role' });
    assert.deepEqual(roles, []);
  });

  it('what may not be read becomes a note each', async () => {
    const kube = await test.kubeAs('guest', [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }]);
    const { notes, roles, region, nodeRoles } = await detect({ ...options, kube });
    assert.deepEqual([roles, nodeRoles, region?.value], [[], null, 'eu-west-1']);
    assert.equal(notes.length, 3);
    assert.match(notes[0]!, /^list controllers and Pods: /);
    assert.match(notes[1]!, /^whether another proxy is there: could not list DaemonSet objects/);
    assert.match(notes[2]!, /^the node role: .*aws-auth/);
  });
});

describe('aws-auth', () => {
  for (const text of [
    '',
    '{',
    'a: b',
    '- 1',
    '- {rolearn: 5, groups: [system:nodes]}',
    '- {rolearn: x, groups: [system:nodes]}',
  ])
    it(`${JSON.stringify(text)} names no node role`, async () =>
      assert.deepEqual(await nodeRolesIn(text), []));
});

describe('the identities that the daemons tell', () => {
  const nobody = { read: async () => null } as unknown as Parameters<typeof detectNodeRoles>[0];

  it('are taken where a trust policy can name them, and the others are noted', async () => {
    const notes: string[] = [];
    const session = 'arn:aws:sts::444455556666:assumed-role/node/i-1';
    const told = known([session, 'arn:aws:sts::444455556666:user/moto'], 'logs');
    assert.deepEqual(await detectNodeRoles(nobody, told, notes), {
      value: [session],
      from: 'told by the running daemons',
    });
    assert.deepEqual(notes, [
      'the node role: the daemons are arn:aws:sts::444455556666:user/moto, which no policy can name',
    ]);
  });

  it('leave the question open when none of them can be named', async () => {
    const told = known(['arn:aws:sts::444455556666:user/moto'], 'logs');
    assert.equal(await detectNodeRoles(nobody, told, []), null);
  });
});

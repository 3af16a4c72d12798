import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INVENTED_ROLE } from '../../src/model/observation.ts';
import { known, type Snapshot, unknownFact, type WorkloadFact } from '../../src/model/snapshot.ts';
import { planProbes } from '../../src/probe/plan.ts';
import { goodSnapshot, node, podOf, roleArn, withWorkloads, workload } from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const red = workload('red', 'red', { namespace: 'shop' });

function plan(workloads: WorkloadFact[], more: Partial<Snapshot> = {}, nodeLimit: number | null = null) {
  const snapshot = withWorkloads(workloads, more);
  return planProbes(snapshot, { systemNamespace: 'pod-iam', workloads, nodeLimit });
}
const inShort = ({ probes }: ReturnType<typeof plan>) =>
  probes.map(({ id, kind, namespace, node: on, workload: of }) => [id, kind, namespace, on, of]);

describe('the plan of probes', () => {
  it('puts an identity probe where a pod of the workload runs, a bare one beside it, and one on each other node', () => {
    const planned = plan([blue], { pods: known([podOf(blue, 'node-2')], '') });
    assert.deepEqual(inShort(planned), [
      ['p1', 'identity', 'apps', 'node-2', 'apps/Deployment/blue'],
      ['p2', 'bare', 'apps', 'node-2', null],
      ['p3', 'bare', 'pod-iam', 'node-1', null],
    ]);
    assert.deepEqual(planned.notCovered, []);
  });

  it("has each try another workload's role, or an invented one when there is no other", () => {
    const pods = known([podOf(blue, 'node-1'), podOf(red, 'node-1')], '');
    const { probes } = plan([blue, red], { pods });
    assert.deepEqual(
      probes.map(({ kind, otherRole }) => [kind, otherRole]),
      [
        ['identity', roleArn('red')],
        ['identity', roleArn('blue')],
        ['bare', roleArn('blue')],
        ['bare', roleArn('red')],
        ['bare', roleArn('blue')],
      ],
    );
    assert.equal(plan([blue]).probes[0]!.otherRole, INVENTED_ROLE);
  });

  it('has one that is proven alone try the role of a workload that is not', () => {
    const options = { systemNamespace: 'pod-iam', workloads: [blue], nodeLimit: 0 };
    const { probes } = planProbes(withWorkloads([blue, red]), { ...options, others: [blue, red] });
    assert.deepEqual(
      probes.map(({ workload: of, otherRole }) => [of, otherRole]),
      [
        ['apps/Deployment/blue', roleArn('red')],
        [null, roleArn('blue')],
      ],
    );
  });

  describe('for a workload that asks by its token', () => {
    const asking = (more: object = {}) => ({
      tokens: [{ volume: 't', path: 'token', audience: 'pod-iam.dev', expirationSeconds: 3600 }],
      containers: [
        {
          ...{ name: 'app', kind: 'container' as const, image: 'app:1' },
          env: [
            ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'http://169.254.170.23/v1/credentials'],
            ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', '/var/run/t/token'],
          ].map(([name, value]) => ({ name: name!, value: value!, from: 'literal' as const })),
          mounts: [{ name: 't', path: '/var/run/t' }],
        },
      ],
      ...more,
    });
    const first = (of: WorkloadFact, more: Partial<Snapshot> = {}) => {
      const planned = plan([of], { pods: known([podOf(of, 'node-1')], ''), ...more });
      return { probe: planned.probes[0]!, notCovered: planned.notCovered };
    };

    it('gives the probe the same token', () => {
      const { probe, notCovered } = first(workload('blue', 'blue', { template: asking() }));
      assert.deepEqual(probe.sources, ['container']);
      assert.equal(probe.container?.token.kind, 'projected');
      const of = workload('blue', 'blue', { template: asking() });
      const bare = plan([of, red], { pods: known([podOf(of, 'node-1'), podOf(red, 'node-2')], '') }).probes;
      assert.deepEqual(
        bare
          .filter(({ kind }) => kind === 'bare')
          .map(({ namespace, container }) => [namespace, container?.url]),
        [
          ['apps', 'http://169.254.170.23/v1/credentials'],
          ['shop', undefined],
        ],
      );
      assert.deepEqual(notCovered, []);
    });

    it("finds what a webhook has put into its pods alone, as EKS's does", () => {
      const injected = podOf(workload('blue', 'blue', { template: asking() }), 'node-1');
      assert.deepEqual(first(blue, { pods: known([injected], '') }).probe.sources, ['container']);
      assert.deepEqual(first(blue).probe.sources, ['imds']);
      const older = podOf(blue, 'node-1');
      const both = first(blue, { pods: known([older, { ...injected, node: 'node-2' }], '') }).probe;
      assert.deepEqual(both.sources, ['container', 'imds']);
      const gone = { ...injected, terminating: true };
      assert.deepEqual(first(blue, { pods: known([older, gone], '') }).probe.sources, ['imds']);
    });

    it("names those without an annotation that EKS's agent serves", () => {
      const tokens = [{ ...asking().tokens[0]!, audience: 'pods.eks.amazonaws.com' }];
      const plain = workload('plain', null, { template: asking({ tokens }) });
      const snapshot = withWorkloads([blue, plain]);
      const planned = planProbes(snapshot, {
        systemNamespace: 'pod-iam',
        workloads: [blue],
        nodeLimit: null,
      });
      assert.deepEqual(planned.notCovered, [
        'apps/Deployment/plain: its role by EKS Pod Identity, which no annotation names',
      ]);
      const asked = planned.probes.map(({ workload: of }) => of);
      assert.deepEqual([asked.includes(blue.id), asked.includes(plain.id)], [true, false]);
    });

    it('says so when its token is one that no other pod can have', () => {
      const { probe, notCovered } = first(workload('blue', 'blue', { template: asking({ tokens: [] }) }));
      assert.deepEqual([probe.sources, probe.container], [['container'], null]);
      assert.deepEqual(notCovered, [
        'apps/Deployment/blue: container credentials, as its token file /var/run/t/token is no projected token',
      ]);
    });

    it("proves one on its node's network by its token, from a pod with an address", () => {
      const { probe, notCovered } = first(
        workload('blue', 'blue', { template: { hostNetwork: true, ...asking() } }),
      );
      assert.equal(probe.expectedRole, roleArn('blue'));
      assert.deepEqual(notCovered, [
        'apps/Deployment/blue: the network of its node; proven by its token from a pod with an address of its own',
      ]);
      assert.equal(first(workload('host', 'blue', { template: { hostNetwork: true } })).probe.kind, 'bare');
    });
  });

  it('copies what decides the role and nothing else', () => {
    const rich = workload('blue', 'blue', {
      template: {
        annotations: {
          'iam.amazonaws.com/external-id': 'id-1',
          'iam.amazonaws.com/session-name': 'web',
          'prometheus.io/scrape': 'true',
        },
        labels: { app: 'blue' },
        serviceAccount: 'web',
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
      },
    });
    const [identity, bare] = plan([rich], { pods: known([podOf(rich, 'node-1')], '') }).probes;
    assert.deepEqual(identity!.annotations, {
      'iam.amazonaws.com/role': 'blue',
      'iam.amazonaws.com/external-id': 'id-1',
      'iam.amazonaws.com/session-name': 'web',
    });
    assert.equal(identity!.serviceAccount, 'web');
    assert.deepEqual(identity!.tolerations, [{ key: 'gpu', operator: 'Exists' }]);
    assert.deepEqual(bare!.annotations, {});
    assert.equal(bare!.serviceAccount, 'default');
    assert.deepEqual(bare!.tolerations, [{ key: 'gpu', operator: 'Exists' }]);
  });

  it('leaves out workloads that can have no role: on the host network, malformed, not allowed', () => {
    const host = workload('host', 'blue', { template: { hostNetwork: true } });
    const odd = workload('odd', 'bl ue');
    const planned = plan([host, odd], { pods: known([], '') });
    assert.deepEqual(
      planned.probes.map(({ kind }) => kind),
      ['bare', 'bare'],
    );
    const settings = { ...goodSnapshot().settings, namespaceRestrictions: true };
    assert.equal(plan([blue], { settings }).probes.filter(({ kind }) => kind === 'identity').length, 0);
  });

  it('asks no node that takes no pods or cannot be served, and names the latter', () => {
    const nodes = known(
      [
        node('node-1'),
        node('cordoned', { schedulable: false }),
        node('down', { ready: false }),
        node('fargate', { notServable: 'Fargate runs no DaemonSets' }),
      ],
      '',
    );
    const planned = plan([blue], { nodes });
    assert.deepEqual(
      planned.probes.map(({ node: on }) => on),
      ['node-1', 'node-1'],
    );
    assert.deepEqual(planned.notCovered, ['node fargate: Fargate runs no DaemonSets']);
  });

  it('takes another fitting node when the workload runs nowhere, by its selector and tolerations', () => {
    const nodes = known(
      [
        node('a', { taints: [{ key: 'gpu', effect: 'NoSchedule' }], labels: { pool: 'gpu' } }),
        node('b'),
        node('c', { labels: { pool: 'gpu' } }),
      ],
      '',
    );
    const picky = workload('picky', 'blue', { template: { nodeSelector: { pool: 'gpu' } } });
    assert.equal(plan([picky], { nodes, pods: known([], '') }).probes[0]!.node, 'c');
    const tolerant = workload('picky', 'blue', {
      template: { nodeSelector: { pool: 'gpu' }, tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    });
    assert.equal(plan([tolerant], { nodes, pods: known([], '') }).probes[0]!.node, 'a');
    const nowhere = workload('picky', 'blue', { template: { nodeSelector: { pool: 'none' } } });
    const planned = plan([nowhere], { nodes, pods: known([], '') });
    assert.equal(planned.probes.filter(({ kind }) => kind === 'identity').length, 0);
    assert.deepEqual(planned.notCovered, [
      'apps/Deployment/picky: no node is ready, schedulable and servable for it',
    ]);
  });

  it('leaves the place to the scheduler when nodes may not be listed and no pod runs', () => {
    const planned = plan([blue], { nodes: unknownFact('', ''), pods: unknownFact('', '') });
    assert.deepEqual(inShort(planned), [
      ['p1', 'identity', 'apps', null, 'apps/Deployment/blue'],
      ['p2', 'bare', 'apps', null, null],
    ]);
  });

  it('takes a sample of the other nodes, and says how many it leaves out', () => {
    const nodes = known(
      ['node-1', 'node-2', 'node-3', 'node-4'].map((name) => node(name)),
      '',
    );
    const planned = plan([blue], { nodes }, 1);
    assert.deepEqual(
      planned.probes.map(({ node: on }) => on),
      ['node-1', 'node-1', 'node-2'],
    );
    assert.deepEqual(planned.notCovered, ['2 of 4 nodes, on which no pod was started']);
  });
});

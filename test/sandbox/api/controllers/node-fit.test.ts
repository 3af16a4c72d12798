import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shouldRun } from '../../../../src/sandbox/api/controllers/daemon-set.ts';
import { misfit } from '../../../../src/sandbox/api/controllers/node-fit.ts';
import { unschedulableMessage } from '../../../../src/sandbox/api/controllers/scheduler.ts';
import type { ApiObject } from '../../../../src/sandbox/api/index.ts';
import { node, pod } from '../helpers/objects.ts';

const affinity = (term: object) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
});
const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});
const selected = ["node(s) didn't match Pod's node affinity/selector"];
const tainted = ['node(s) had untolerated taint(s)'];
const taint = { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] };
const small = { allocatable: { cpu: '1', memory: '1Gi', pods: '2' } };
const asking = (requests: object) => ({
  containers: [{ name: 'main', image: 'a:1', resources: { requests } }],
});
const holding = (port: number) => ({
  containers: [
    { name: 'main', image: 'a:1', ports: [{ containerPort: port, hostPort: port, protocol: 'TCP' }] },
  ],
});

describe('a pod on a node', () => {
  const cases: [
    what: string,
    pod: ApiObject,
    node: ApiObject,
    others: ApiObject[],
    reasons: string[] | null,
  ][] = [
    ['that asks for nothing', pod('p'), node('n'), [], null],
    [
      'with a node selector that holds',
      pod('p', { nodeSelector: { a: 'b' } }),
      node('n', {}, { a: 'b' }),
      [],
      null,
    ],
    ['with one that does not', pod('p', { nodeSelector: { a: 'b' } }), node('n'), [], selected],
    [
      'with an affinity that holds',
      pod('p', { affinity: affinity(expression('a', 'In', 'b')) }),
      node('n', {}, { a: 'b' }),
      [],
      null,
    ],
    [
      'with one that does not',
      pod('p', { affinity: affinity(expression('a', 'NotIn', 'b')) }),
      node('n', {}, { a: 'b' }),
      [],
      selected,
    ],
    [
      'with a number that is greater',
      pod('p', { affinity: affinity(expression('n', 'Gt', '3')) }),
      node('n', {}, { n: '4' }),
      [],
      null,
    ],
    ['with a term that says nothing', pod('p', { affinity: affinity({}) }), node('n'), [], selected],
    [
      'named by field',
      pod('p', {
        affinity: affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }),
      }),
      node('n'),
      [],
      null,
    ],
    ['with a taint', pod('p'), node('n', taint), [], tainted],
    [
      'with a taint that it tolerates',
      pod('p', { tolerations: [{ key: 'dedicated', value: 'gpu' }] }),
      node('n', taint),
      [],
      null,
    ],
    [
      'with a taint of another value',
      pod('p', { tolerations: [{ key: 'dedicated', value: 'x' }] }),
      node('n', taint),
      [],
      tainted,
    ],
    [
      'that tolerates everything',
      pod('p', { tolerations: [{ operator: 'Exists' }] }),
      node('n', taint),
      [],
      null,
    ],
    ['that is cordoned', pod('p'), node('n', { unschedulable: true }), [], ['node(s) were unschedulable']],
    [
      'with room',
      pod('p', asking({ cpu: '500m' })),
      node('n', {}, {}, small),
      [pod('o', asking({ cpu: '500m' }))],
      null,
    ],
    [
      'without room',
      pod('p', asking({ cpu: '600m', memory: '2Gi' })),
      node('n', {}, {}, small),
      [pod('o', asking({ cpu: '500m' })), pod('q')],
      ['Too many pods', 'Insufficient cpu', 'Insufficient memory'],
    ],
    [
      'where its port is taken',
      pod('p', holding(80)),
      node('n'),
      [pod('o', holding(80))],
      ["node(s) didn't have free ports for the requested pod ports"],
    ],
  ];
  for (const [what, of, on, others, reasons] of cases) {
    it(`${what} ${reasons === null ? 'fits' : 'does not fit'}`, () => {
      assert.deepEqual(misfit(of, on, others), reasons);
    });
  }

  it('is refused with the count of each reason', () => {
    assert.equal(
      unschedulableMessage([selected, ['Insufficient cpu', 'Insufficient memory'], selected]),
      "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
    assert.equal(unschedulableMessage([]), 'no nodes available to schedule pods');
  });
});

describe('a daemon set on a node', () => {
  const set = (spec: object): ApiObject => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd' },
    spec: { template: { spec: { containers: [], ...spec } } },
  });
  const failing = { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] };
  const offline = { taints: [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }] };
  const cases: [what: string, spec: object, node: ApiObject, isWanted: boolean][] = [
    ['runs on any node', {}, node('n'), true],
    ['runs on a node that is failing', {}, node('n', failing), true],
    ['runs on a cordoned node', {}, node('n', { unschedulable: true }), true],
    ['stays away from a taint', {}, node('n', taint), false],
    ['runs where it tolerates the taint', { tolerations: [{ operator: 'Exists' }] }, node('n', taint), true],
    ['stays away from a node without network', {}, node('n', offline), false],
    ['runs there with the network of the node', { hostNetwork: true }, node('n', offline), true],
    ['keeps to its node selector', { nodeSelector: { a: 'b' } }, node('n'), false],
  ];
  for (const [what, spec, on, isWanted] of cases) {
    it(what, () => {
      assert.equal(shouldRun(set(spec), on), isWanted);
    });
  }
});

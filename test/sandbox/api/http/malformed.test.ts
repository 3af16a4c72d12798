import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmulatedCluster, startEmulatedCluster } from '../../../../src/sandbox/api/index.ts';
import { typeOf } from '../../../../src/sandbox/api/resources.ts';
import { eventually } from '../fidelity.ts';
import { startInstantKubelets } from '../helpers/kubelet.ts';
import { connectWire, type Wire } from '../helpers/wire.ts';

const labels = { a: 'b' };
const selector = { matchLabels: labels };
const specs: unknown[] = [
  ...[undefined, null, {}, [], 'x', 5],
  { template: null },
  { selector, template: null },
  { selector: {}, template: { spec: {} } },
  { selector, template: { metadata: { labels } } },
  { selector, template: { metadata: { labels }, spec: { containers: [null] } } },
  {
    selector,
    template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    replicas: null,
  },
  { containers: null },
  { containers: [null] },
  { containers: [{}] },
  {
    containers: [{ name: 'a', image: 'b', resources: { requests: null }, env: [null], ports: [{}] }],
    tolerations: [null],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } },
    nodeSelector: {},
  },
  { hard: { pods: 'many' } },
  { taints: [null] },
];
// Those that somebody in the cluster acts upon.
const keys = [
  ...[
    'namespaces',
    'nodes',
    'pods',
    'resourcequotas',
    'secrets',
    'daemonsets.apps',
    'deployments.apps',
    'jobs.batch',
  ],
  'rolebindings.rbac.authorization.k8s.io',
];
const rests: object[] = [
  {},
  { status: { conditions: [null], phase: 'Odd' } },
  { metadata: null },
  { metadata: { name: 'm', ownerReferences: [{}], labels: null, finalizers: ['x'] } },
  { roleRef: null, subjects: [null], rules: [null], data: null, involvedObject: null },
];
const patches: [type: string, patch: unknown][] = [
  ['merge-patch+json', { spec: null }],
  ['merge-patch+json', { metadata: null, status: { conditions: [null] } }],
  ['merge-patch+json', 'x'],
  [
    'strategic-merge-patch+json',
    { spec: { containers: [null, {}], template: { spec: { containers: [{}] } } } },
  ],
  ['json-patch+json', [{}]],
  ['json-patch+json', [null]],
  ['json-patch+json', [{ op: 'remove', path: '/metadata' }]],
];

describe('malformed requests', () => {
  let cluster: EmulatedCluster;
  let wire: Wire;
  before(async () => {
    cluster = await startEmulatedCluster();
    startInstantKubelets(cluster, ['node1']);
    wire = await connectWire(cluster.kubeconfig);
  });
  after(() => cluster.close());

  // The API's own answer to a configuration that does not fit its type is a 500 of this text.
  const isOwn = (message: string | undefined): boolean =>
    message?.startsWith('failed to create typed patch') ?? false;

  for (const key of keys) {
    const { group, apiVersion, kind, plural, namespaced } = typeOf(key);
    it(`${key} take any body without a defect`, async () => {
      const path = `/${group ? 'apis' : 'api'}/${apiVersion}/${namespaced ? 'namespaces/default/' : ''}${plural}`;
      let count = 0;
      for (const spec of specs) {
        for (const rest of rests) {
          count += 1;
          const body = { apiVersion, kind, metadata: { name: `n${count}` }, spec, ...rest };
          const at = `${path}/n${count}`;
          const created = await wire.call('POST', path, body);
          const answers = [created, await wire.call('PATCH', `${at}?fieldManager=x&force=true`, body, apply)];
          for (const [type, patch] of created.code === 201 ? patches : []) {
            answers.push(
              await wire.call('PATCH', at, JSON.stringify(patch), { type: `application/${type}` }),
            );
          }
          for (const answer of answers) {
            const isFine = answer.code < 500 || isOwn(answer.body?.message);
            assert.ok(isFine, `${JSON.stringify(body)}: ${answer.code} ${answer.body?.message}`);
          }
        }
      }
    });
  }

  it('leave the controllers at work', async () => {
    assert.equal((await wire.call('GET', '/readyz')).text, 'ok');
    const path = '/apis/apps/v1/namespaces/default';
    const template = {
      metadata: { labels: { well: 'formed' } },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    };
    const spec = { replicas: 1, selector: { matchLabels: { well: 'formed' } }, template };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'well-formed' }, spec };
    assert.equal((await wire.call('POST', `${path}/deployments`, body)).code, 201);
    await eventually(async () => {
      const { status } = (await wire.call('GET', `${path}/deployments/well-formed`)).body;
      assert.equal(status?.readyReplicas, 1);
    });
  });

  it('take any path without a defect', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    for (const path of [
      ...[
        '/',
        '//',
        '/api/v1/%zz',
        '/api//v1',
        '/apis/apps',
        `${pods}/%2e%2e`,
        `${pods}?limit=x`,
        `${pods}?limit=-1`,
      ],
      ...[
        `${pods}?continue=%00`,
        `${pods}?labelSelector=%28%28`,
        `${pods}?fieldSelector=%3D`,
        `${pods}?resourceVersion=-1`,
      ],
    ]) {
      const { code, body } = await wire.call('GET', path);
      assert.ok(code < 500, `${path}: ${code} ${body?.message}`);
    }
  });
});

const apply = { type: 'application/apply-patch+yaml' };

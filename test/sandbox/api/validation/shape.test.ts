import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shapeOfKind } from '../../../../src/sandbox/api/schema/schema.ts';
import { faultsOf, normalised, withoutUnknown } from '../../../../src/sandbox/api/validation/shape.ts';

const shape = shapeOfKind('v1', 'Pod');

describe('the shape of objects', () => {
  it('finds unknown fields, and says where in each of the API’s ways', () => {
    const { unknown, wrong } = faultsOf({ spec: { containers: [{ name: 'a', imagee: 'x' }] } }, shape);
    assert.deepEqual(wrong, []);
    assert.deepEqual(unknown, [
      {
        path: 'spec.containers[0].imagee',
        applyPath: '.spec.containers[name="a"].imagee',
        goField: 'Container.spec.containers.imagee',
      },
    ]);
  });

  it('finds values of a wrong type', () => {
    const { wrong } = faultsOf(
      {
        metadata: { labels: { a: 1 } },
        spec: { containers: {}, hostNetwork: 'yes', terminationGracePeriodSeconds: 1.5, nodeSelector: [] },
      },
      shape,
    );
    assert.deepEqual(
      wrong.map(({ path, wanted }) => [path, wanted]),
      [
        ['metadata.labels.a', 'string'],
        ['spec.containers', 'array'],
        ['spec.hostNetwork', 'boolean'],
        ['spec.terminationGracePeriodSeconds', 'integer'],
        ['spec.nodeSelector', 'object'],
      ],
    );
  });

  it('takes numbers and strings for ports and quantities', () => {
    const container = (port: unknown, cpu: unknown) => ({
      name: 'a',
      livenessProbe: { httpGet: { port } },
      resources: { limits: { cpu } },
    });
    const spec = { containers: [container(80, 1), { ...container('http', '1'), name: 'b' }] };
    assert.deepEqual(faultsOf({ spec }, shape), { wrong: [], unknown: [] });
  });

  it('drops unknown fields, nulls, and maps and lists without content', () => {
    const object = {
      metadata: { name: 'p', labels: {}, creationTimestamp: null },
      spec: { securityContext: {}, tolerations: [], nope: 1, volumes: [{ name: 'e', emptyDir: {} }] },
    };
    assert.deepEqual(normalised(withoutUnknown(object, shape), shape), {
      metadata: { name: 'p' },
      spec: { securityContext: {}, volumes: [{ name: 'e', emptyDir: {} }] },
    });
  });
});

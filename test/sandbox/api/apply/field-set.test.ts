import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  difference,
  fieldsOf,
  intersection,
  isEmpty,
  parseFields,
  pathsOf,
  printFields,
  union,
} from '../../../../src/sandbox/api/apply/field-set.ts';
import { shapeOfKind } from '../../../../src/sandbox/api/schema/schema.ts';

const podShape = shapeOfKind('v1', 'Pod');

describe('field sets', () => {
  it('hold fields, elements by key, and atomic values as a whole', () => {
    const fields = fieldsOf(
      {
        metadata: { labels: { app: 'web' }, finalizers: ['x'] },
        spec: {
          containers: [{ name: 'main', args: ['a', 'b'], ports: [{ containerPort: 80 }] }],
          nodeSelector: { a: 'b' },
          tolerations: [{ key: 'x' }],
          securityContext: {},
        },
      },
      podShape,
    );
    assert.deepEqual(printFields(fields), {
      'f:metadata': { 'f:finalizers': { 'v:"x"': {} }, 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"main"}': {
            '.': {},
            'f:args': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:nodeSelector': {},
        'f:securityContext': {},
        'f:tolerations': {},
      },
    });
  });

  it('come out of their printed form as they went in', () => {
    const printed = { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': { 'k:{"name":"x"}': { '.': {} } } };
    assert.deepEqual(printFields(parseFields(printed)), {
      'f:a': { '.': {}, 'f:b': {} },
      'f:c': { 'k:{"name":"x"}': {} },
    });
  });

  it('join, intersect and differ by member', () => {
    const a = parseFields({ 'f:x': { 'f:1': {}, 'f:2': {} }, 'f:y': {} });
    const b = parseFields({ 'f:x': { 'f:2': {}, 'f:3': {} } });
    assert.deepEqual(pathsOf(union(a, b)), ['.x.1', '.x.2', '.x.3', '.y']);
    assert.deepEqual(pathsOf(intersection(a, b)), ['.x.2']);
    assert.deepEqual(pathsOf(difference(a, b)), ['.x.1', '.y']);
    assert.equal(isEmpty(difference(b, union(a, b))), true);
  });

  it('are worded as the API words paths', () => {
    const set = parseFields({
      'f:spec': {
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:name': {} } },
        'f:set': { 'v:"a"': {} },
      },
    });
    assert.deepEqual(pathsOf(set), ['.spec.ports[containerPort=80,protocol="TCP"].name', '.spec.set[="a"]']);
  });
});

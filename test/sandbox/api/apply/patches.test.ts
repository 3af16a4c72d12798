import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonPatch, mergePatch, strategicPatch } from '../../../../src/sandbox/api/apply/patches.ts';
import { shapeOfKind } from '../../../../src/sandbox/api/schema/schema.ts';

describe('merge patches', () => {
  // The examples of RFC 7386, appendix A.
  const cases: [target: unknown, patch: unknown, result: unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) {
    it(`${JSON.stringify(target)} and ${JSON.stringify(patch)} make ${JSON.stringify(result)}`, () => {
      assert.deepEqual(mergePatch(target, patch), result);
    });
  }
});

describe('JSON patches', () => {
  const cases: [patch: object[], result: unknown][] = [
    [[{ op: 'add', path: '/list/0', value: 'x' }], { list: ['x', 'a', 'b'], map: { 'k/1': 1 } }],
    [[{ op: 'add', path: '/list/-', value: 'x' }], { list: ['a', 'b', 'x'], map: { 'k/1': 1 } }],
    [[{ op: 'remove', path: '/list/0' }], { list: ['b'], map: { 'k/1': 1 } }],
    [[{ op: 'replace', path: '/map/k~11', value: 2 }], { list: ['a', 'b'], map: { 'k/1': 2 } }],
    [[{ op: 'move', from: '/list/1', path: '/map/m' }], { list: ['a'], map: { 'k/1': 1, m: 'b' } }],
    [
      [{ op: 'copy', from: '/map', path: '/copy' }],
      { list: ['a', 'b'], map: { 'k/1': 1 }, copy: { 'k/1': 1 } },
    ],
    [[{ op: 'test', path: '/map/k~11', value: 1 }], { list: ['a', 'b'], map: { 'k/1': 1 } }],
  ];
  for (const [patch, result] of cases) {
    it(`${JSON.stringify(patch[0])} is carried out on a copy`, () => {
      const target = { list: ['a', 'b'], map: { 'k/1': 1 } };
      assert.deepEqual(jsonPatch(target, patch), result);
      assert.deepEqual(target, { list: ['a', 'b'], map: { 'k/1': 1 } });
    });
  }

  for (const operation of [
    { op: 'test', path: '/a', value: 2 },
    { op: 'remove', path: '/b' },
    { op: 'add', path: '/b/c', value: 1 },
    { op: 'jump', path: '/a' },
  ]) {
    it(`${JSON.stringify(operation)} is refused`, () => {
      assert.throws(() => jsonPatch({ a: 1 }, [operation]), { code: 422 });
    });
  }
});

describe('strategic merge patches', () => {
  const shape = shapeOfKind('v1', 'Pod');
  const live = {
    metadata: { finalizers: ['a'] },
    spec: {
      containers: [
        { name: 'a', image: 'a:1', args: ['x'] },
        { name: 'b', image: 'b:1' },
      ],
      tolerations: [{ key: 'x' }],
    },
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into objects of any shape
  const patched = (patch: object): any => strategicPatch(live, patch, shape);

  it('merge elements by their key and replace atomic lists', () => {
    const { spec } = patched({
      spec: { containers: [{ name: 'a', args: ['y'] }], tolerations: [{ key: 'y' }] },
    });
    assert.deepEqual(spec.containers[0], { name: 'a', image: 'a:1', args: ['y'] });
    assert.equal(spec.containers.length, 2);
    assert.deepEqual(spec.tolerations, [{ key: 'y' }]);
  });

  it('delete and replace as told', () => {
    const removed = patched({ spec: { containers: [{ name: 'a', $patch: 'delete' }] } });
    assert.deepEqual(removed.spec.containers, [{ name: 'b', image: 'b:1' }]);
    const replaced = patched({ spec: { containers: [{ name: 'c', image: 'c:1' }, { $patch: 'replace' }] } });
    assert.deepEqual(replaced.spec.containers, [{ name: 'c', image: 'c:1' }]);
    const whole = patched({ spec: { $patch: 'replace', nodeName: 'n' } });
    assert.deepEqual(whole.spec, { nodeName: 'n' });
  });

  it('add to and take from lists of plain values', () => {
    assert.deepEqual(patched({ metadata: { finalizers: ['b'] } }).metadata.finalizers, ['a', 'b']);
    const taken = patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } });
    assert.deepEqual(taken.metadata.finalizers, []);
  });
});

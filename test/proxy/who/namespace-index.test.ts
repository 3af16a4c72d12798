// What is kept of a namespace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaceRecord } from '../../../src/proxy/who/namespace-index.ts';

const KEY = 'iam.amazonaws.com/allowed-roles';

test('of a namespace its lists are kept and nothing else', () => {
  const annotations = { [KEY]: '["blue"]', 'iam.amazonaws.com/permitted': '.*', other: 'x' };
  assert.deepEqual(namespaceRecord({ metadata: { name: 'shop', annotations } }, KEY), {
    name: 'shop',
    annotations: { [KEY]: '["blue"]', 'iam.amazonaws.com/permitted': '.*' },
  });
});

test('null stands for what is left out, and what has no name is none', () => {
  const bare = { name: 'shop', annotations: {} };
  assert.deepEqual(namespaceRecord({ metadata: { name: 'shop' } }, KEY), bare);
  assert.deepEqual(namespaceRecord({ metadata: { name: 'shop', annotations: null } }, KEY), bare);
  assert.deepEqual(namespaceRecord({ metadata: { name: 'shop', annotations: { [KEY]: 1 } } }, KEY), bare);
  for (const odd of [null, undefined, {}, { metadata: null }, { metadata: { annotations: {} } }])
    assert.equal(namespaceRecord(odd, KEY), null);
});

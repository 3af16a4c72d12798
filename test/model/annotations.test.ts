import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROLE_KEY, readRoleAnnotation } from '../../src/model/annotations.ts';

test('a pod without the annotation has none, whatever else it carries', () => {
  assert.deepEqual(readRoleAnnotation({}), { state: 'absent' });
  assert.deepEqual(readRoleAnnotation({ 'iam.amazonaws.com/roles': 'blue' }), { state: 'absent' });
});

for (const value of ['', ' ', '\n', '\t \r\n', '\u00a0', '\u3000']) {
  test(`${JSON.stringify(value)} is a blank annotation, which is neither a role nor absent`, () =>
    assert.deepEqual(readRoleAnnotation({ [ROLE_KEY]: value }), { state: 'blank', key: ROLE_KEY }));
}

test('a value is handed on verbatim, a stray line end included', () => {
  assert.deepEqual(readRoleAnnotation({ [ROLE_KEY]: 'blue\n' }), {
    state: 'set',
    key: ROLE_KEY,
    value: 'blue\n',
  });
});

test('another key is read when the daemon was given one', () => {
  const annotations = { [ROLE_KEY]: 'blue', 'example.com/role': 'red' };
  assert.deepEqual(readRoleAnnotation(annotations, 'example.com/role'), {
    state: 'set',
    key: 'example.com/role',
    value: 'red',
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathInCheckout } from '../../src/cli/checkout.ts';

test('a file is called as from the root of the checkout, when the current folder is in one', () => {
  assert.equal(pathInCheckout('a b.json', '/repo/iam', '/repo'), 'iam/a b.json');
  assert.equal(pathInCheckout('../x.json', '/repo/iam', '/repo'), 'x.json');
  assert.equal(pathInCheckout('/repo/x.json', '/repo/iam', '/repo/'), 'x.json');
  assert.equal(pathInCheckout('..x/y.json', '/repo', '/repo'), '..x/y.json');
});

test('without a checkout, or outside of it, the current folder is the root', () => {
  assert.equal(pathInCheckout('./iam//x.json', '/repo', undefined), 'iam/x.json');
  assert.equal(pathInCheckout('x.json', '/elsewhere', '/repo'), 'x.json');
  assert.equal(pathInCheckout('x.json', '/repository', '/repo'), 'x.json');
});

test('a file outside is called by its whole path', () => {
  assert.equal(pathInCheckout('../../x.json', '/repo/iam', '/repo'), '/x.json');
  assert.equal(pathInCheckout('/tmp/x.json', '/repo', ''), '/tmp/x.json');
});

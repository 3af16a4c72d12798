import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelMatcher } from '../../../../src/sandbox/api/store/label-query.ts';
import { fieldMatcher, matchesLabels } from '../../../../src/sandbox/api/store/selectors.ts';
import { pod } from '../helpers/objects.ts';

describe('label selectors of queries', () => {
  const labels = { app: 'web', tier: 'front', 'example.com/team': 'a', empty: '' };
  const cases: [selector: string, isMatch: boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=db', true],
    ['app=web,tier=back', false],
    ['app in (web,db)', true],
    ['app in(web)', true],
    ['app notin (web, db)', false],
    ['missing notin (web)', true],
    ['missing in (web)', false],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['missing', false],
    ['example.com/team=a,app in (web,db),!missing', true],
    ['empty=', true],
    ['app=', false],
  ];
  for (const [selector, isMatch] of cases) {
    it(`${JSON.stringify(selector)} ${isMatch ? 'matches' : 'does not match'}`, () => {
      assert.equal(labelMatcher(selector)(pod('p', {}, { labels })), isMatch);
    });
  }

  // As a real server answers.
  const refusals: Record<string, string> = {
    'app is x': "unable to parse requirement: found 'is', expected: in, notin, =, ==, !=, gt, lt",
    ',': "found ',', expected: !, identifier, or 'end of string'",
    'a=b=c': "found '=', expected: ',' or 'end of string'",
  };
  for (const [selector, message] of Object.entries(refusals)) {
    it(`${JSON.stringify(selector)} is refused`, () => {
      assert.throws(() => labelMatcher(selector), { name: 'ApiError', code: 400, message });
    });
  }
});

describe('label selectors of workloads', () => {
  it('match everything when empty and nothing when missing', () => {
    assert.equal(matchesLabels({}, { a: 'b' }), true);
    assert.equal(matchesLabels(undefined, { a: 'b' }), false);
  });

  it('want every label and every expression', () => {
    const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'DoesNotExist' }] };
    assert.equal(matchesLabels(selector, { a: 'b' }), true);
    assert.equal(matchesLabels(selector, { a: 'b', c: 'd' }), false);
    assert.equal(matchesLabels(selector, {}), false);
  });
});

describe('field selectors', () => {
  const object = pod('p', { nodeName: 'node1', hostNetwork: true }, {}, { phase: 'Running' });
  const cases: [selector: string, isMatch: boolean][] = [
    ['metadata.name=p', true],
    ['metadata.name==p,metadata.namespace=default', true],
    ['spec.nodeName=node1', true],
    ['spec.nodeName=node2', false],
    ['spec.nodeName!=', true],
    ['status.phase!=Failed,spec.nodeName=node1', true],
    ['spec.hostNetwork=true', true],
    ['status.podIP=', true],
  ];
  for (const [selector, isMatch] of cases) {
    it(`${selector} ${isMatch ? 'matches' : 'does not match'}`, () => {
      assert.equal(fieldMatcher(selector, 'Pod')(object), isMatch);
    });
  }

  it('refuse a field that is not selectable', () => {
    assert.throws(() => fieldMatcher('spec.foo=x', 'Pod'), {
      message: 'field label not supported: spec.foo',
    });
    assert.throws(() => fieldMatcher('spec.nodeName=x', 'ConfigMap'), {
      message: 'field label not supported: spec.nodeName',
    });
  });
});

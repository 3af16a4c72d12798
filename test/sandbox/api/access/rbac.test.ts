import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceAccountCaller } from '../../../../src/sandbox/api/access/callers.ts';
import { type Attributes, judge, type PolicyRule } from '../../../../src/sandbox/api/access/rbac.ts';
import { Store } from '../../../../src/sandbox/api/store/store.ts';

const group = 'rbac.authorization.k8s.io';
const asked = (verb: string, resource: string, rest: Partial<Attributes> = {}): Attributes => ({
  verb,
  resource,
  group: '',
  subresource: '',
  namespace: 'shop',
  name: '',
  ...rest,
});

function storeWith(rules: PolicyRule[], namespace?: string, subject: object = {}): Store {
  const store = new Store();
  const prefix = namespace ? '' : 'Cluster';
  const key = (kind: string): string => `${prefix}${kind}s.${group}`.toLowerCase();
  const head = (kind: string) => ({
    apiVersion: `${group}/v1`,
    kind: `${prefix}${kind}`,
    metadata: { name: 'r', ...(namespace ? { namespace } : {}) },
  });
  store.put(key('Role'), { ...head('Role'), rules });
  store.put(key('RoleBinding'), {
    ...head('RoleBinding'),
    roleRef: { kind: `${prefix}Role`, name: 'r' },
    subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: 'shop', ...subject }],
  });
  return store;
}

describe('access by roles', () => {
  const app = serviceAccountCaller('shop', 'app');
  const pods = (verbs: string[], rest: object = {}): PolicyRule => ({
    apiGroups: [''],
    resources: ['pods'],
    verbs,
    ...rest,
  });
  const cases: [what: string, rule: PolicyRule, asked: Attributes, isAllowed: boolean][] = [
    ['the verb and the resource', pods(['list']), asked('list', 'pods'), true],
    ['another verb', pods(['list']), asked('watch', 'pods'), false],
    ['every verb', pods(['*']), asked('delete', 'pods'), true],
    ['another group', pods(['list']), asked('list', 'pods', { group: 'metrics.k8s.io' }), false],
    ['a subresource of a resource', pods(['get']), asked('get', 'pods', { subresource: 'log' }), false],
    [
      'a subresource by name',
      pods(['get'], { resources: ['pods/log'] }),
      asked('get', 'pods', { subresource: 'log' }),
      true,
    ],
    [
      'a subresource of anything',
      pods(['get'], { resources: ['*/log'] }),
      asked('get', 'pods', { subresource: 'log' }),
      true,
    ],
    [
      'everything',
      pods(['*'], { apiGroups: ['*'], resources: ['*'] }),
      asked('get', 'pods', { subresource: 'log' }),
      true,
    ],
    ['the named object', pods(['get'], { resourceNames: ['a'] }), asked('get', 'pods', { name: 'a' }), true],
    ['another object', pods(['get'], { resourceNames: ['a'] }), asked('get', 'pods', { name: 'b' }), false],
    [
      'a list, with a rule for one name',
      pods(['list'], { resourceNames: ['a'] }),
      asked('list', 'pods'),
      false,
    ],
    ['a path', { verbs: ['get'], nonResourceURLs: ['/api/*'] }, asked('get', '', { path: '/api/v1' }), true],
    [
      'another path',
      { verbs: ['get'], nonResourceURLs: ['/api/*'] },
      asked('get', '', { path: '/metrics' }),
      false,
    ],
  ];
  for (const [what, rule, attributes, isAllowed] of cases) {
    it(`${isAllowed ? 'allows' : 'refuses'} ${what}`, () => {
      assert.equal(judge(storeWith([rule]), app, attributes).isAllowed, isAllowed);
    });
  }

  it('keeps a role of a namespace to the namespace', () => {
    const store = storeWith([pods(['list'])], 'shop');
    assert.equal(judge(store, app, asked('list', 'pods')).isAllowed, true);
    assert.equal(judge(store, app, asked('list', 'pods', { namespace: 'other' })).isAllowed, false);
    assert.equal(judge(store, app, asked('list', 'pods', { namespace: '' })).isAllowed, false);
  });

  it('tells service accounts, users and groups apart', () => {
    const other = serviceAccountCaller('shop', 'other');
    assert.equal(judge(storeWith([pods(['list'])]), other, asked('list', 'pods')).isAllowed, false);
    const everyAccount = { kind: 'Group', name: 'system:serviceaccounts:shop', namespace: undefined };
    assert.equal(
      judge(storeWith([pods(['list'])], undefined, everyAccount), other, asked('list', 'pods')).isAllowed,
      true,
    );
    const user = { kind: 'User', name: 'system:serviceaccount:shop:other' };
    assert.equal(
      judge(storeWith([pods(['list'])], undefined, user), other, asked('list', 'pods')).isAllowed,
      true,
    );
  });

  it('lets system:masters do anything', () => {
    const master = { name: 'root', groups: ['system:masters'] };
    assert.equal(judge(new Store(), master, asked('delete', 'nodes')).isAllowed, true);
  });
});

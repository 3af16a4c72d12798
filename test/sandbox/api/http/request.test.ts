import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attributesOf, parseRequest } from '../../../../src/sandbox/api/http/request.ts';

describe('requests', () => {
  const cases: [
    request: string,
    verb: string,
    key: string,
    namespace: string,
    name: string,
    subresource: string,
  ][] = [
    ['GET /api/v1/pods', 'list', 'pods', '', '', ''],
    ['GET /api/v1/pods?watch=true', 'watch', 'pods', '', '', ''],
    ['GET /api/v1/pods?watch=1', 'watch', 'pods', '', '', ''],
    ['GET /api/v1/pods?watch=false', 'list', 'pods', '', '', ''],
    ['GET /api/v1/namespaces/shop/pods', 'list', 'pods', 'shop', '', ''],
    ['GET /api/v1/namespaces/shop/pods/web', 'get', 'pods', 'shop', 'web', ''],
    ['HEAD /api/v1/namespaces/shop/pods/web', 'get', 'pods', 'shop', 'web', ''],
    ['GET /api/v1/namespaces/shop/pods/web/log', 'get', 'pods', 'shop', 'web', 'log'],
    ['PUT /api/v1/namespaces/shop/pods/web/status', 'update', 'pods', 'shop', 'web', 'status'],
    ['POST /api/v1/namespaces', 'create', 'namespaces', '', '', ''],
    ['GET /api/v1/namespaces/shop', 'get', 'namespaces', '', 'shop', ''],
    ['PUT /api/v1/namespaces/shop/status', 'update', 'namespaces', '', 'shop', 'status'],
    [
      'DELETE /apis/apps/v1/namespaces/shop/daemonsets/agent',
      'delete',
      'daemonsets.apps',
      'shop',
      'agent',
      '',
    ],
    [
      'DELETE /apis/apps/v1/namespaces/shop/daemonsets',
      'deletecollection',
      'daemonsets.apps',
      'shop',
      '',
      '',
    ],
    [
      'PATCH /apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab',
      'patch',
      'clusterroles.rbac.authorization.k8s.io',
      '',
      'a:b',
      '',
    ],
  ];
  for (const [request, ...wanted] of cases) {
    it(`${request} is about ${wanted.filter(Boolean).join(' ')}`, () => {
      const [method, url] = request.split(' ');
      const { verb, type, namespace, name, subresource } = parseRequest({ method: method!, url: url! })
        .resource!;
      assert.deepEqual([verb, type.key, namespace, name, subresource], wanted);
    });
  }

  for (const url of [
    '/version',
    '/api/v1',
    '/apis/apps/v1',
    '/api/v1/nopes',
    '/api/v1/pods/web',
    '/api/v1/namespaces/shop/nodes',
    '/api/v1/namespaces/shop/pods/web/nope',
    '/api/v1/namespaces/shop/pods/web/log/more',
  ]) {
    it(`${url} is about no resource`, () => {
      const request = parseRequest({ method: 'GET', url });
      assert.equal(request.resource, null);
      assert.equal(attributesOf(request).path, url);
    });
  }

  it('a namespace lies in itself, as far as access goes', () => {
    const request = parseRequest({ method: 'GET', url: '/api/v1/namespaces/shop' });
    assert.equal(attributesOf(request).namespace, 'shop');
  });
});

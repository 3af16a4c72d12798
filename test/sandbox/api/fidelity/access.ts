import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually, type Subject } from '../fidelity.ts';
import type { Answer } from '../helpers/wire.ts';

const rbac = 'rbac.authorization.k8s.io';

export function fidelityOfAccess(subject: Subject): void {
  describe('access', () => {
    let token: string;
    const user = (): string => `system:serviceaccount:${subject.namespace}:reader`;
    const as = (method: string, path: string, body?: unknown): Promise<Answer> =>
      subject.wire.call(method, path, body, { token });
    const review = (resourceAttributes: object) =>
      as('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      });

    before(async () => {
      const { wire, namespace } = subject;
      const at = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      await wire.call('POST', at, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } });
      const asked = await wire.call('POST', `${at}/reader/token`, { spec: { expirationSeconds: 3600 } });
      assert.equal(asked.code, 201);
      token = asked.body.status.token;
      const rules = [
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['only'] },
      ];
      const roles = `/apis/${rbac}/v1/namespaces/${namespace}`;
      const head = { apiVersion: `${rbac}/v1`, metadata: { name: 'reader' } };
      await wire.call('POST', `${roles}/roles`, { ...head, kind: 'Role', rules });
      await wire.call('POST', `${roles}/rolebindings`, {
        ...head,
        kind: 'RoleBinding',
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }],
      });
      await eventually(async () => {
        assert.equal((await as('GET', `/api/v1/namespaces/${namespace}/pods`)).code, 200);
      });
    });

    it('words a refusal with user, verb, resource, group and scope', async () => {
      const { namespace } = subject;
      const here = `in the namespace "${namespace}"`;
      const refusals: [method: string, path: string, message: string][] = [
        [
          'GET',
          '/api/v1/pods',
          `pods is forbidden: User "${user()}" cannot list resource "pods" in API group "" at the cluster scope`,
        ],
        [
          'GET',
          `/api/v1/namespaces/${namespace}/pods/x`,
          `pods "x" is forbidden: User "${user()}" cannot get resource "pods" in API group "" ${here}`,
        ],
        [
          'GET',
          `/api/v1/namespaces/${namespace}/pods/x/log`,
          `pods "x" is forbidden: User "${user()}" cannot get resource "pods/log" in API group "" ${here}`,
        ],
        [
          'GET',
          `/api/v1/namespaces/${namespace}/pods?watch=true`,
          `pods is forbidden: User "${user()}" cannot watch resource "pods" in API group "" ${here}`,
        ],
        [
          'GET',
          `/apis/apps/v1/namespaces/${namespace}/daemonsets`,
          `daemonsets.apps is forbidden: User "${user()}" cannot list resource "daemonsets" in API group "apps" ${here}`,
        ],
        [
          'GET',
          `/api/v1/namespaces/${namespace}`,
          `namespaces "${namespace}" is forbidden: User "${user()}" cannot get resource "namespaces" in API group "" ${here}`,
        ],
        [
          'GET',
          `/api/v1/namespaces/${namespace}/configmaps/other`,
          `configmaps "other" is forbidden: User "${user()}" cannot get resource "configmaps" in API group "" ${here}`,
        ],
        ['GET', '/metrics', `forbidden: User "${user()}" cannot get path "/metrics"`],
      ];
      for (const [method, path, message] of refusals) {
        const answer = await as(method, path);
        assert.deepEqual([answer.code, answer.body.reason, answer.body.message], [403, 'Forbidden', message]);
      }
    });

    it('grants what a role in the namespace grants, names included', async () => {
      const { namespace } = subject;
      assert.equal((await as('GET', `/api/v1/namespaces/${namespace}/pods`)).code, 200);
      assert.equal((await as('GET', `/api/v1/namespaces/${namespace}/configmaps/only`)).code, 404);
      assert.equal((await as('GET', '/version')).code, 200);
      assert.equal((await as('GET', '/apis')).code, 200);
    });

    it('answers an access review as it would decide, with the binding that allows', async () => {
      const { namespace } = subject;
      const allowed = await review({ verb: 'list', resource: 'pods', namespace });
      assert.equal(allowed.code, 201);
      assert.deepEqual(allowed.body.status, {
        allowed: true,
        reason: `RBAC: allowed by RoleBinding "reader/${namespace}" of Role "reader" to ServiceAccount "reader/${namespace}"`,
      });
      const refused = await review({ verb: 'list', resource: 'pods' });
      assert.deepEqual(refused.body.status, { allowed: false });
    });

    it('says what a caller may do, and who it is', async () => {
      const rules = await as('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        spec: { namespace: subject.namespace },
      });
      const pods = rules.body.status.resourceRules.find((rule: { resources: string[] }) =>
        rule.resources.includes('pods'),
      );
      assert.deepEqual(pods, { verbs: ['list'], apiGroups: [''], resources: ['pods'] });
      const self = await as('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      });
      assert.equal(self.body.status.userInfo.username, user());
    });

    it('answers a token that nobody has with 401, and none with the anonymous user', async () => {
      const bad = await subject.wire.call('GET', '/api/v1/pods', undefined, { token: 'nobody' });
      assert.deepEqual(bad.body, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
      const none = await subject.wire.call('GET', '/api/v1/pods', undefined, { token: null });
      assert.equal(
        none.body.message,
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
      );
    });
  });
}

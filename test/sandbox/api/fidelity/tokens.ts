import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually, type Subject } from '../fidelity.ts';
import type { Answer } from '../helpers/wire.ts';

const AUDIENCE = 'pod-iam.dev';
const group = 'authentication.k8s.io/v1';
const claim = 'authentication.kubernetes.io';

export function fidelityOfTokens(subject: Subject): void {
  describe('service account tokens', () => {
    let pod: { metadata: { name: string; uid: string } };
    let node: string;
    const pods = (): string => `/api/v1/namespaces/${subject.namespace}/pods`;
    const request = (spec: object, account = 'bearer'): Promise<Answer> =>
      subject.wire.call('POST', `/api/v1/namespaces/${subject.namespace}/serviceaccounts/${account}/token`, {
        apiVersion: group,
        kind: 'TokenRequest',
        spec,
      });
    const review = (spec: object): Promise<Answer> =>
      subject.wire.call('POST', `/apis/${group}/tokenreviews`, {
        apiVersion: group,
        kind: 'TokenReview',
        spec,
      });
    const toPod = (more: object = {}) => ({
      audiences: [AUDIENCE],
      expirationSeconds: 600,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod.metadata, ...more },
    });

    before(async () => {
      const { wire, namespace } = subject;
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bearer' } };
      await wire.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
      node = (await wire.call('GET', '/api/v1/nodes')).body.items[0].metadata.name;
      const created = await wire.call('POST', pods(), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bearer' },
        spec: {
          serviceAccountName: 'bearer',
          nodeName: node,
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'main', image: 'podiam.test/no-such:1', imagePullPolicy: 'Never' }],
        },
      });
      assert.equal(created.code, 201);
      const { name, uid } = created.body.metadata;
      pod = { metadata: { name, uid } };
    });

    it('name in their claims the audience, the account, the pod and its node', async () => {
      const asked = await request(toPod());
      assert.equal(asked.code, 201);
      const { token } = asked.body.status;
      const [header, claims] = token.split('.').slice(0, 2).map(read);
      assert.equal(header.alg, 'RS256');
      assert.deepEqual(claims.aud, [AUDIENCE]);
      assert.equal(claims.exp - claims.iat, 600);
      assert.equal(claims.sub, `system:serviceaccount:${subject.namespace}:bearer`);
      const { namespace, node: ofNode, pod: ofPod, serviceaccount } = claims['kubernetes.io'];
      assert.deepEqual([namespace, ofNode.name, serviceaccount.name], [subject.namespace, node, 'bearer']);
      assert.deepEqual(ofPod, pod.metadata);
    });

    it('are reviewed for the audiences that are asked for, and say which of them they have', async () => {
      const { token } = (await request(toPod())).body.status;
      const reviewed = await review({ token, audiences: ['other', AUDIENCE] });
      assert.equal(reviewed.code, 201);
      const { authenticated, audiences, user } = reviewed.body.status;
      assert.deepEqual([authenticated, audiences], [true, [AUDIENCE]]);
      assert.equal(user.username, `system:serviceaccount:${subject.namespace}:bearer`);
      assert.deepEqual(user.extra[`${claim}/pod-name`], ['bearer']);
      assert.deepEqual(user.extra[`${claim}/pod-uid`], [pod.metadata.uid]);
      assert.deepEqual(user.extra[`${claim}/node-name`], [node]);
      const foreign = await review({ token, audiences: ['other'] });
      assert.deepEqual(foreign.body.status, {
        user: {},
        error: `[invalid bearer token, token audiences ["${AUDIENCE}"] is invalid for the target audiences ["other"]]`,
      });
      const own = await review({ token });
      assert.equal(own.body.status.authenticated, undefined);
    });

    it('for others than the API server do not open the API', async () => {
      const { token } = (await request(toPod())).body.status;
      assert.equal((await subject.wire.call('GET', '/version', undefined, { token })).code, 401);
      const { token: open } = (await request({})).body.status;
      assert.equal((await subject.wire.call('GET', '/version', undefined, { token: open })).code, 200);
    });

    it('that are bound to no pod name none', async () => {
      const { token } = (await request({ audiences: [AUDIENCE] })).body.status;
      const { authenticated, user } = (await review({ token, audiences: [AUDIENCE] })).body.status;
      assert.equal(authenticated, true);
      assert.equal(user.extra[`${claim}/pod-uid`], undefined);
    });

    it('are refused when nobody issued them', async () => {
      const { token } = (await request(toPod())).body.status;
      const forged = `${token.slice(0, token.lastIndexOf('.'))}.AAAA`;
      for (const each of [forged, 'garbage']) {
        const { status } = (await review({ token: each, audiences: [AUDIENCE] })).body;
        assert.equal(status.authenticated, undefined);
        assert.match(status.error, /invalid bearer token/);
      }
      const empty = await review({ token: '', audiences: [AUDIENCE] });
      assert.deepEqual(
        [empty.code, empty.body.message],
        [400, 'token is required for TokenReview in authentication'],
      );
    });

    it('are issued for ten minutes at least, and for a pod only with its own account and UID', async () => {
      const refused = async (spec: object, account?: string) => {
        const { code, body } = await request(spec, account);
        return [code, body.message];
      };
      assert.deepEqual(await refused({ expirationSeconds: 60 }), [
        422,
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      ]);
      assert.deepEqual(await refused(toPod(), 'default'), [
        400,
        'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
      ]);
      assert.deepEqual(await refused(toPod({ uid: 'other' })), [
        409,
        'Operation cannot be fulfilled on Pod "bearer": the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated',
      ]);
      assert.deepEqual(await refused(toPod({ name: 'none' })), [404, 'pods "none" not found']);
    });

    it('end with their pod', async () => {
      const { token } = (await request(toPod())).body.status;
      await subject.wire.call('DELETE', `${pods()}/bearer?gracePeriodSeconds=0`);
      // A server may remember for ten seconds that a token was good.
      await eventually(async () => {
        const { status } = (await review({ token, audiences: [AUDIENCE] })).body;
        assert.equal(status.authenticated, undefined);
        assert.match(status.error, /invalid bearer token/);
      });
    });
  });
}

const read = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString());

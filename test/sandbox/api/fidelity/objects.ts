import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Subject } from '../fidelity.ts';

const merge = { type: 'application/merge-patch+json' };
const json = { type: 'application/json-patch+json' };

export function fidelityOfObjects(subject: Subject): void {
  describe('objects', () => {
    const configMaps = (): string => `/api/v1/namespaces/${subject.namespace}/configmaps`;
    const configMap = (name: string, rest: object = {}): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { suite: 'objects' } },
      ...rest,
    });

    it('answers a missing object with a Status that names it', async () => {
      const answer = await subject.wire.call('GET', `${configMaps()}/nope`);
      assert.deepEqual(answer.body, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'configmaps "nope" not found',
        reason: 'NotFound',
        details: { name: 'nope', kind: 'configmaps' },
        code: 404,
      });
      assert.equal(answer.code, 404);
    });

    it('names the group of a missing object of a group', async () => {
      const path = `/apis/apps/v1/namespaces/${subject.namespace}/daemonsets/nope`;
      const { body } = await subject.wire.call('GET', path);
      assert.equal(body.message, 'daemonsets.apps "nope" not found');
      assert.deepEqual(body.details, { name: 'nope', group: 'apps', kind: 'daemonsets' });
    });

    it('creates an object once and calls the second attempt AlreadyExists', async () => {
      const first = await subject.wire.call('POST', configMaps(), configMap('once', { data: { a: '1' } }));
      assert.equal(first.code, 201);
      assert.match(first.body.metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(first.body.metadata.resourceVersion, /^\d+$/);
      assert.match(first.body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const second = await subject.wire.call('POST', configMaps(), configMap('once'));
      assert.equal(second.code, 409);
      assert.equal(second.body.reason, 'AlreadyExists');
      assert.equal(second.body.message, 'configmaps "once" already exists');
    });

    it('changes nothing in a dry run', async () => {
      const answer = await subject.wire.call('POST', `${configMaps()}?dryRun=All`, configMap('dry'));
      assert.equal(answer.code, 201);
      assert.equal(answer.body.metadata.resourceVersion, undefined);
      assert.equal((await subject.wire.call('GET', `${configMaps()}/dry`)).code, 404);
    });

    it('refuses an update of an outdated version, and counts versions up', async () => {
      const { body: created } = await subject.wire.call('POST', configMaps(), configMap('versions'));
      const path = `${configMaps()}/versions`;
      const { body: updated } = await subject.wire.call('PUT', path, { ...created, data: { a: '1' } });
      assert.ok(Number(updated.metadata.resourceVersion) > Number(created.metadata.resourceVersion));
      const stale = await subject.wire.call('PUT', path, { ...created, data: { a: '2' } });
      assert.equal(stale.code, 409);
      assert.equal(stale.body.reason, 'Conflict');
      assert.equal(
        stale.body.message,
        'Operation cannot be fulfilled on configmaps "versions": the object has been modified; please apply your changes to the latest version and try again',
      );
    });

    it('leaves the version alone when a write changes nothing', async () => {
      const path = `${configMaps()}/noop`;
      const { body: created } = await subject.wire.call(
        'POST',
        configMaps(),
        configMap('noop', { data: { a: '1' } }),
      );
      const { body: patched } = await subject.wire.call('PATCH', path, { data: { a: '1' } }, merge);
      assert.equal(patched.metadata.resourceVersion, created.metadata.resourceVersion);
    });

    it('merges a merge patch and removes what is null', async () => {
      await subject.wire.call('POST', configMaps(), configMap('merged', { data: { a: '1', b: '2' } }));
      const path = `${configMaps()}/merged`;
      const { body } = await subject.wire.call('PATCH', path, { data: { a: null, c: '3' } }, merge);
      assert.deepEqual(body.data, { b: '2', c: '3' });
    });

    it('runs a JSON patch, and refuses one whose test fails', async () => {
      await subject.wire.call('POST', configMaps(), configMap('jsoned', { data: { a: '1' } }));
      const path = `${configMaps()}/jsoned`;
      const add = [
        { op: 'add', path: '/metadata/labels/x~1y', value: 'z' },
        { op: 'remove', path: '/data/a' },
      ];
      const { body } = await subject.wire.call('PATCH', path, add, json);
      assert.equal(body.metadata.labels['x/y'], 'z');
      assert.equal(body.data, undefined);
      const failed = await subject.wire.call(
        'PATCH',
        path,
        [{ op: 'test', path: '/data/a', value: '9' }],
        json,
      );
      assert.equal(failed.code, 422);
      assert.equal(failed.body.message, 'the server rejected our request due to an error in our request');
    });

    it('keeps an immutable ConfigMap as it is', async () => {
      const locked = configMap('locked', { data: { a: '1' }, immutable: true });
      await subject.wire.call('POST', configMaps(), locked);
      const answer = await subject.wire.call('PATCH', `${configMaps()}/locked`, { data: { a: '2' } }, merge);
      assert.equal(answer.code, 422);
      assert.equal(
        answer.body.message,
        'ConfigMap "locked" is invalid: data: Forbidden: field is immutable when `immutable` is set',
      );
    });

    it('refuses a ConfigMap of more than a mebibyte', async () => {
      const big = configMap('big', { data: { a: 'x'.repeat(1024 * 1024 + 1) } });
      const answer = await subject.wire.call('POST', configMaps(), big);
      assert.equal(answer.code, 422);
      assert.equal(
        answer.body.message,
        'ConfigMap "big" is invalid: []: Too long: may not be more than 1048576 bytes',
      );
    });

    it('says every cause of an invalid object', async () => {
      const bad = { ...configMap('Bad_Name'), metadata: { name: 'Bad_Name', labels: { 'a b': 'c d' } } };
      const { code, body } = await subject.wire.call('POST', configMaps(), bad);
      assert.equal(code, 422);
      assert.deepEqual(
        body.details.causes.map((cause: { reason: string; field: string }) => [cause.reason, cause.field]),
        [
          ['FieldValueInvalid', 'metadata.name'],
          ['FieldValueInvalid', 'metadata.labels'],
          ['FieldValueInvalid', 'metadata.labels'],
        ],
      );
      assert.match(
        body.message,
        /^ConfigMap "Bad_Name" is invalid: \[metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of/,
      );
    });

    it('says which unknown field a strict request has, and warns of it otherwise', async () => {
      const odd = configMap('odd', { dat: {} });
      const strict = await subject.wire.call('POST', `${configMaps()}?fieldValidation=Strict`, odd);
      assert.equal(strict.code, 400);
      assert.equal(
        strict.body.message,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
      );
      const lenient = await subject.wire.call('POST', `${configMaps()}?dryRun=All`, odd);
      assert.equal(lenient.code, 201);
      assert.equal(lenient.headers['warning'], '299 - "unknown field \\"dat\\""');
      assert.equal(lenient.body.dat, undefined);
    });

    it('refuses values of a wrong type, and bodies for another kind', async () => {
      const typed = await subject.wire.call('POST', configMaps(), configMap('typed', { data: { a: 1 } }));
      assert.equal(
        typed.body.message,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      );
      const other = await subject.wire.call('POST', configMaps(), { ...configMap('x'), kind: 'Secret' });
      assert.equal(other.code, 400);
      const elsewhere = { ...configMap('x'), metadata: { name: 'x', namespace: 'elsewhere' } };
      const misplaced = await subject.wire.call('POST', configMaps(), elsewhere);
      assert.equal(
        misplaced.body.message,
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    });

    it('refuses to create in a namespace that does not exist', async () => {
      const answer = await subject.wire.call(
        'POST',
        '/api/v1/namespaces/pod-iam-nowhere/configmaps',
        configMap('x'),
      );
      assert.equal(answer.code, 404);
      assert.equal(answer.body.message, 'namespaces "pod-iam-nowhere" not found');
    });

    it('lists by labels and fields, page by page, without the kind on each item', async () => {
      const page = `${configMaps()}?labelSelector=suite+in+(objects),!nope&limit=2`;
      const first = await subject.wire.call('GET', page);
      assert.equal(first.body.kind, 'ConfigMapList');
      assert.equal(first.body.items.length, 2);
      assert.equal(first.body.items[0].kind, undefined);
      const next = encodeURIComponent(first.body.metadata.continue);
      const second = await subject.wire.call('GET', `${page}&continue=${next}`);
      assert.ok(second.body.items[0].metadata.name > first.body.items[1].metadata.name);
      const one = await subject.wire.call('GET', `${configMaps()}?fieldSelector=metadata.name%3Donce`);
      assert.deepEqual(
        one.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
        ['once'],
      );
    });

    it('refuses selectors and options that make no sense', async () => {
      const messages: Record<string, string> = {
        'configmaps?labelSelector=app+is+x':
          "unable to parse requirement: found 'is', expected: in, notin, =, ==, !=, gt, lt",
        'pods?fieldSelector=spec.foo%3Dx': 'field label not supported: spec.foo',
        'configmaps?resourceVersionMatch=Exact':
          'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      };
      for (const [query, message] of Object.entries(messages)) {
        const answer = await subject.wire.call('GET', `/api/v1/namespaces/${subject.namespace}/${query}`);
        assert.equal(answer.body.message, message, query);
      }
    });

    it('deletes with a receipt, and only the object that the precondition means', async () => {
      const { body: created } = await subject.wire.call('POST', configMaps(), configMap('doomed'));
      const path = `${configMaps()}/doomed`;
      const wrong = await subject.wire.call('DELETE', path, { preconditions: { uid: 'other' } });
      assert.equal(wrong.code, 409);
      const right = await subject.wire.call('DELETE', path);
      assert.deepEqual(right.body, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'doomed', kind: 'configmaps', uid: created.metadata.uid },
      });
      assert.equal((await subject.wire.call('DELETE', path)).code, 404);
    });

    it('tells an unknown resource from an unknown path', async () => {
      const resource = await subject.wire.call('GET', `/api/v1/namespaces/${subject.namespace}/nopes`);
      assert.equal(resource.code, 404);
      assert.equal(resource.body.message, 'the server could not find the requested resource');
      const path = await subject.wire.call('GET', '/nope');
      assert.equal(path.code, 404);
    });

    it('says its version and what it serves', async () => {
      const version = await subject.wire.call('GET', '/version');
      assert.match(version.body.gitVersion, /^v1\.\d+\.\d+/);
      const { body } = await subject.wire.call('GET', '/apis/apps/v1');
      const daemonSets = body.resources.find((each: { name: string }) => each.name === 'daemonsets');
      assert.equal(daemonSets.kind, 'DaemonSet');
      assert.equal(daemonSets.namespaced, true);
      assert.deepEqual([...daemonSets.verbs].sort(), [
        ...['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      ]);
    });
  });
}

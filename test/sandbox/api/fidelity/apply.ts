import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Subject } from '../fidelity.ts';
import type { Answer } from '../helpers/wire.ts';

export function fidelityOfApply(subject: Subject): void {
  describe('server-side apply', () => {
    const path = (name: string): string => `/api/v1/namespaces/${subject.namespace}/configmaps/${name}`;
    const apply = (at: string, manager: string, body: object, query = ''): Promise<Answer> =>
      subject.wire.call('PATCH', `${at}?fieldManager=${manager}${query}`, body, {
        type: 'application/apply-patch+yaml',
      });
    const configMap = (name: string, data: object): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data,
    });

    it('creates with 201, changes with 200, and removes what is no longer applied', async () => {
      const at = path('applied');
      assert.equal((await apply(at, 'one', configMap('applied', { a: '1', b: '2' }))).code, 201);
      const second = await apply(at, 'one', configMap('applied', { b: '3' }));
      assert.equal(second.code, 200);
      assert.deepEqual(second.body.data, { b: '3' });
    });

    it('records what a manager applied', async () => {
      const { body } = await apply(path('owned'), 'one', configMap('owned', { a: '1' }));
      const [entry] = body.metadata.managedFields;
      assert.equal(entry.manager, 'one');
      assert.equal(entry.operation, 'Apply');
      assert.deepEqual(entry.fieldsV1, { 'f:data': { 'f:a': {} } });
    });

    it('leaves the version alone when the same is applied again', async () => {
      const at = path('again');
      const first = await apply(at, 'one', configMap('again', { a: '1' }));
      const second = await apply(at, 'one', configMap('again', { a: '1' }));
      assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
    });

    it('refuses to take a value from another manager, unless forced', async () => {
      const at = path('contested');
      await apply(at, 'one', configMap('contested', { a: '1', b: '1' }));
      const refused = await apply(at, 'two', configMap('contested', { a: '2' }));
      assert.equal(refused.code, 409);
      assert.equal(refused.body.reason, 'Conflict');
      assert.equal(refused.body.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
      assert.deepEqual(refused.body.details.causes, [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      ]);
      const forced = await apply(at, 'two', configMap('contested', { a: '2' }), '&force=true');
      assert.deepEqual(forced.body.data, { a: '2', b: '1' });
      // The first manager no longer owns it, so leaving it out does not remove it.
      const later = await apply(at, 'one', configMap('contested', { b: '1' }));
      assert.deepEqual(later.body.data, { a: '2', b: '1' });
    });

    it('names the version of a manager that updated rather than applied', async () => {
      const at = path('updated');
      await apply(at, 'one', configMap('updated', { a: '1' }));
      await subject.wire.call(
        'PATCH',
        `${at}?fieldManager=editor`,
        { data: { a: '2' } },
        {
          type: 'application/merge-patch+json',
        },
      );
      const { body } = await apply(at, 'one', configMap('updated', { a: '1' }));
      assert.equal(body.message, 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a');
    });

    it('shares a value that both apply', async () => {
      const at = path('shared');
      await apply(at, 'one', configMap('shared', { a: '1' }));
      assert.equal((await apply(at, 'two', configMap('shared', { a: '1' }))).code, 200);
      await apply(at, 'one', configMap('shared', {}));
      assert.deepEqual((await subject.wire.call('GET', at)).body.data, { a: '1' });
    });

    it('shows in a dry run what would be, and keeps what is', async () => {
      const at = path('rehearsed');
      await apply(at, 'one', configMap('rehearsed', { a: '1', b: '1' }));
      const { body } = await apply(at, 'one', configMap('rehearsed', { a: '2' }), '&dryRun=All');
      assert.deepEqual(body.data, { a: '2' });
      assert.deepEqual((await subject.wire.call('GET', at)).body.data, { a: '1', b: '1' });
    });

    it('merges lists by their keys, and replaces atomic ones', async () => {
      const at = `/apis/apps/v1/namespaces/${subject.namespace}/deployments/lists`;
      const deployment = (container: object, spec: object = {}): object => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'lists' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'lists' } },
          template: {
            metadata: { labels: { app: 'lists' } },
            spec: { containers: [{ name: 'main', image: 'busybox:1', ...container }], ...spec },
          },
        },
      });
      const env = [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ];
      const tolerations = [{ key: 'a', operator: 'Exists' }];
      await apply(at, 'one', deployment({ env, args: ['x'] }, { tolerations, nodeSelector: { a: 'b' } }));
      const side = { name: 'main', env: [{ name: 'C', value: '3' }] };
      const template = { spec: { containers: [side] } };
      const other = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'lists' },
        spec: { template },
      };
      assert.equal((await apply(at, 'two', other)).code, 200);
      const { body } = await apply(at, 'one', deployment({ env: [env[1]!], args: ['y'] }));
      const { containers, ...pod } = body.spec.template.spec;
      assert.deepEqual(containers[0].env, [
        { name: 'B', value: '2' },
        { name: 'C', value: '3' },
      ]);
      assert.deepEqual(containers[0].args, ['y']);
      assert.equal(pod.tolerations, undefined);
      assert.equal(pod.nodeSelector, undefined);
      await subject.wire.call('DELETE', at);
    });

    it('orders the elements of a list by all of its managers', async () => {
      const at = `/apis/apps/v1/namespaces/${subject.namespace}/deployments/ordered`;
      const deployment = (names: string[], rest: object = {}): object => {
        const container = { name: 'main', env: names.map((name) => ({ name, value: '1' })), ...rest };
        const template = { metadata: { labels: { app: 'ordered' } }, spec: { containers: [container] } };
        const selector = { matchLabels: { app: 'ordered' } };
        const head = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'ordered' } };
        return { ...head, spec: { replicas: 0, selector, template } };
      };
      await apply(at, 'one', deployment(['X', 'M', 'Y'], { image: 'busybox:1' }));
      const namesAfter = async (names: string[]): Promise<string[]> => {
        const { body } = await apply(at, 'two', deployment(names), '&dryRun=All');
        return body.spec.template.spec.containers[0].env.map(({ name }: { name: string }) => name);
      };
      const orders: [applied: string[], merged: string[]][] = [
        [
          ['N', 'M'],
          ['X', 'N', 'M', 'Y'],
        ],
        [['N'], ['X', 'M', 'Y', 'N']],
        [
          ['Y', 'N', 'X'],
          ['M', 'Y', 'N', 'X'],
        ],
        [
          ['M', 'N'],
          ['X', 'M', 'Y', 'N'],
        ],
        [
          ['N', 'Y', 'O'],
          ['X', 'M', 'N', 'Y', 'O'],
        ],
      ];
      for (const [applied, merged] of orders)
        assert.deepEqual(await namesAfter(applied), merged, applied.join());
      await subject.wire.call('DELETE', at);
    });

    it('takes YAML by the rules of YAML 1.1', async () => {
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n  on: "1"\n';
      const answer = await subject.wire.call('PATCH', `${path('yaml')}?fieldManager=one`, text, {
        type: 'application/apply-patch+yaml',
      });
      assert.deepEqual(answer.body.data, { true: '1' });
    });

    it('refuses a configuration without manager, kind or a declared field', async () => {
      const refusals: [query: string, body: object, code: number, message: string][] = [
        [
          '',
          configMap('bad', {}),
          422,
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        ],
        [
          '?fieldManager=one',
          { kind: 'ConfigMap', metadata: { name: 'bad' } },
          400,
          'invalid object type: /, Kind=ConfigMap',
        ],
        [
          '?fieldManager=one',
          { ...configMap('bad', {}), dat: {} },
          500,
          'failed to create typed patch object (/bad; /v1, Kind=ConfigMap): .dat: field not declared in schema',
        ],
        [
          '?fieldManager=one',
          configMap('worse', {}),
          400,
          'the name of the object (worse) does not match the name on the URL (bad)',
        ],
      ];
      for (const [query, body, code, message] of refusals) {
        const answer = await subject.wire.call('PATCH', `${path('bad')}${query}`, body, {
          type: 'application/apply-patch+yaml',
        });
        assert.deepEqual([answer.code, answer.body.message], [code, message]);
      }
    });
  });
}

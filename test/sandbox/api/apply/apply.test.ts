import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyConfiguration } from '../../../../src/sandbox/api/apply/apply.ts';
import { managersAfterUpdate } from '../../../../src/sandbox/api/apply/managers.ts';
import type { ApiObject } from '../../../../src/sandbox/api/index.ts';

const deployment = (template: object, rest: object = {}): ApiObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { template: { spec: template }, ...rest },
});
const bare = deployment({});
const apply = (live: ApiObject, applied: ApiObject, manager = 'one', isForced = false): ApiObject =>
  applyConfiguration(live, applied, { manager, subresource: '', time: '2026-01-01T00:00:00Z' }, isForced);
const edit = (live: ApiObject, edited: ApiObject, manager = 'editor'): ApiObject => {
  const change = { manager, subresource: '', time: '2026-01-02T00:00:00Z' };
  return {
    ...edited,
    metadata: { ...edited.metadata, managedFields: managersAfterUpdate(live, edited, change) },
  };
};
// biome-ignore lint/suspicious/noExplicitAny: a test reads into objects of any shape
const podOf = (object: ApiObject): any => (object['spec'] as any).template.spec;
const owners = (object: ApiObject): string[] =>
  object.metadata.managedFields!.map(({ manager, operation }) => `${manager} ${operation}`);

describe('applying a configuration', () => {
  it('removes a container with all of its defaults when it is applied no more', () => {
    const both = [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ];
    const live = apply(bare, deployment({ containers: both }));
    podOf(live).containers[1].imagePullPolicy = 'IfNotPresent';
    const after = apply(live, deployment({ containers: [both[0]] }));
    assert.deepEqual(podOf(after).containers, [{ name: 'a', image: 'a:1' }]);
  });

  it('keeps what others own of an element that it drops', () => {
    const live = apply(
      bare,
      deployment({ containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }] }),
    );
    const shared = apply(live, deployment({ containers: [{ name: 'a', image: 'a:1' }] }), 'two');
    const after = apply(shared, deployment({}));
    assert.deepEqual(podOf(after).containers, [{ name: 'a', image: 'a:1' }]);
    assert.deepEqual(owners(after), ['one Apply', 'two Apply']);
  });

  it('removes the last of a list together with the list', () => {
    const live = apply(bare, deployment({ containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] }));
    const after = apply(live, deployment({ containers: [{ name: 'a' }] }));
    assert.deepEqual(podOf(after).containers, [{ name: 'a' }]);
  });

  it('keeps fields that nobody applied', () => {
    const live = { ...bare, spec: { replicas: 3, template: { spec: { dnsPolicy: 'Default' } } } };
    const after = apply(live, deployment({ hostNetwork: true }));
    assert.equal((after['spec'] as { replicas: number }).replicas, 3);
    assert.deepEqual(podOf(after), { dnsPolicy: 'Default', hostNetwork: true });
  });

  it('puts elements of others first, and the applied ones in their order', () => {
    const env = (...names: string[]) => [{ name: 'a', env: names.map((name) => ({ name, value: '1' })) }];
    const live = apply(bare, deployment({ containers: env('X', 'M', 'Y') }));
    const after = apply(live, deployment({ containers: env('N', 'M') }), 'two');
    const names = podOf(after).containers[0].env.map(({ name }: { name: string }) => name);
    // As a real server orders them.
    assert.deepEqual(names, ['X', 'N', 'M', 'Y']);
  });

  it('says every conflict by manager, and leaves out a manager of the same value', () => {
    const live = apply(bare, deployment({ hostNetwork: true, hostPID: true, dnsPolicy: 'Default' }));
    const other = apply(live, deployment({ dnsPolicy: 'Default' }), 'two');
    const wanted = deployment({ hostNetwork: false, hostPID: false, dnsPolicy: 'None' });
    assert.throws(() => apply(other, wanted, 'three'), {
      code: 409,
      message: [
        'Apply failed with 4 conflicts: conflicts with "one":',
        '- .spec.template.spec.dnsPolicy',
        '- .spec.template.spec.hostNetwork',
        '- .spec.template.spec.hostPID',
        'conflicts with "two":',
        '- .spec.template.spec.dnsPolicy',
      ].join('\n'),
    });
    const forced = apply(other, wanted, 'three', true);
    assert.deepEqual(owners(forced), ['three Apply']);
  });

  it('gives a field to whoever edits it, and takes it back by force', () => {
    const live = apply(bare, deployment({ dnsPolicy: 'Default' }));
    const edited = edit(live, { ...live, spec: { template: { spec: { dnsPolicy: 'None' } } } });
    assert.deepEqual(owners(edited), ['editor Update']);
    assert.throws(() => apply(edited, deployment({ dnsPolicy: 'Default' })), {
      message:
        'Apply failed with 1 conflict: conflict with "editor" using apps/v1: .spec.template.spec.dnsPolicy',
    });
    const forced = apply(edited, deployment({ dnsPolicy: 'Default' }), 'one', true);
    assert.deepEqual(owners(forced), ['one Apply']);
    assert.deepEqual(podOf(forced), { dnsPolicy: 'Default' });
  });

  it('forgets the owner of a field that is edited away', () => {
    const live = apply(bare, deployment({ dnsPolicy: 'Default', hostNetwork: true }));
    const edited = edit(live, { ...live, spec: { template: { spec: { hostNetwork: true } } } });
    const after = apply(edited, deployment({ hostNetwork: true }), 'two');
    assert.deepEqual(after.metadata.managedFields![0]!.fieldsV1, {
      'f:spec': { 'f:template': { 'f:spec': { 'f:hostNetwork': {} } } },
    });
  });

  it('keeps the time of a manager that applies the same again', () => {
    const live = apply(bare, deployment({ hostNetwork: true }));
    const change = { manager: 'one', subresource: '', time: '2026-02-02T00:00:00Z' };
    const after = applyConfiguration(live, deployment({ hostNetwork: true }), change, false);
    assert.equal(after.metadata.managedFields![0]!.time, '2026-01-01T00:00:00Z');
  });
});

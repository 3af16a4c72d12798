import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN005.ts';
import { rightsNeeded } from '../../src/model/daemon-rights.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told } from '../helpers/snapshot.ts';

/** With all that is needed but these. */
function without(...missing: string[]): Snapshot {
  const rights = rightsNeeded({ 'namespace-restrictions': true }).map((right) => ({
    ...right,
    isAllowed: !missing.includes(`${right.verb} ${right.resource}`),
  }));
  return goodSnapshot({ proxy: known(proxy({ rights: known(rights, 'SubjectAccessReviews') }), '') });
}

describe('IN005', () => {
  it('passes where the daemon may do all that it needs', () => {
    assert.deepEqual(told(run(without())), ['pass DaemonSet/pod-iam: it may do all 5']);
  });

  it('fails for each right that is missing, with the rules to add', () => {
    const [finding] = run(without('watch pods', 'list namespaces', 'watch namespaces', 'create events'));
    assert.deepEqual(told([finding!]), [
      'fail DaemonSet/pod-iam: it may not watch pods, list namespaces, watch namespaces, create events',
    ]);
    assert.equal(
      finding!.fix?.patch,
      [
        'rules:',
        '- {apiGroups: [""], resources: [pods], verbs: [watch]}',
        '- {apiGroups: [""], resources: [namespaces], verbs: [list, watch]}',
        '- {apiGroups: [""], resources: [events], verbs: [create]}',
        '',
      ].join('\n'),
    );
  });

  it('is unknown where nobody may ask, the daemon is somebody else, or nobody asked', () => {
    for (const rights of [forbidden('SubjectAccessReviews'), unknownFact('by --api-token …', '')])
      assert.equal(run(goodSnapshot({ proxy: known(proxy({ rights }), '') }))[0]!.status, 'unknown');
    const { rights: _, ...before } = proxy();
    assert.equal(run(goodSnapshot({ proxy: known(before, '') }))[0]!.status, 'unknown');
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
    assert.deepEqual(run(goodSnapshot({ proxy: known(null, '') })), []);
  });
});

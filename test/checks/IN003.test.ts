import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN003.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told } from '../helpers/snapshot.ts';

describe('IN003', () => {
  it('passes when every pod of the daemon is updated', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass DaemonSet/pod-iam: 2 of 2']);
  });

  it('warns of a rollout that is not complete, with the command that starts it', () => {
    const findings = run(goodSnapshot({ proxy: known(proxy({ updated: 0 }), '') }));
    assert.deepEqual(told(findings), ['warn DaemonSet/pod-iam: 0 of 2 pods are updated']);
    assert.equal(findings[0]!.fix?.command, 'kubectl rollout restart daemonset/pod-iam -n pod-iam');
  });

  it('warns of a DaemonSet that selects no node', () => {
    const findings = run(goodSnapshot({ proxy: known(proxy({ desired: 0, updated: 0 }), '') }));
    assert.deepEqual(told(findings), ['warn DaemonSet/pod-iam: it selects no node at all']);
  });

  it('has nothing to say without an installation, and is unknown when that cannot be told', () => {
    assert.deepEqual(run(goodSnapshot({ proxy: known(null, '') })), []);
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
  });
});

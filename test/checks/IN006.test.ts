import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN006.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told } from '../helpers/snapshot.ts';

const [first] = proxy().daemons;
const withDaemon = (more: object) =>
  goodSnapshot({ proxy: known(proxy({ daemons: [{ ...first!, ...more }] }), '') });

describe('IN006', () => {
  it('passes with no or few restarts', () => {
    assert.deepEqual(told(run(withDaemon({ restarts: 2 }))), ['pass Pod/pod-iam-node-1: 2 restarts']);
  });

  it('fails for a daemon that crashes and is not ready, with its last words and the way to its log', () => {
    const findings = run(withDaemon({ restarts: 7, ready: false, lastMessage: 'OOMKilled' }));
    assert.deepEqual(told(findings), ['fail Pod/pod-iam-node-1: 7 restarts; last: OOMKilled']);
    assert.equal(findings[0]!.fix?.command, 'kubectl logs pod-iam-node-1 -n pod-iam -c proxy --previous');
  });

  it('warns when it crashed often and runs now', () => {
    assert.deepEqual(told(run(withDaemon({ restarts: 3 }))), ['warn Pod/pod-iam-node-1: 3 restarts']);
  });

  it('is unknown when the daemons cannot be read', () => {
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN008.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, node, proxy, told } from '../helpers/snapshot.ts';

const key = 'pod-iam.dev/agent-not-ready';
const install = proxy({ args: [`--startup-taint=${key}`] });
const guarded = known(install, '');
const tainted = node('node-1', { taints: [{ key, effect: 'NoSchedule' }] });

describe('IN008', () => {
  it('warns where the daemon lifts no taint, with the command that makes it', () => {
    const [finding] = run(goodSnapshot({ proxy: known(proxy({ args: [] }), '') }));
    assert.deepEqual(told([finding!]), [
      'warn DaemonSet/pod-iam: the daemon lifts no taint from new nodes (--startup-taint)',
    ]);
    assert.equal(finding!.fix?.command, `pod-iam upgrade --startup-taint=${key}`);
  });

  it('passes where it does, also while a node waits for its daemon', () => {
    const observed = `pass DaemonSet/pod-iam: the daemon lifts the taint ${key} where it is ready`;
    assert.deepEqual(told(run(goodSnapshot({ proxy: guarded }))), [observed]);
    const waiting = known([tainted, node('node-3', { taints: tainted.taints })], '');
    const starting = known({ ...install, daemons: [] }, '');
    assert.deepEqual(told(run(goodSnapshot({ proxy: starting, nodes: waiting }))), [observed]);
  });

  it('fails where a ready daemon leaves the taint on its node', () => {
    const nodes = known([tainted, node('node-2')], '');
    assert.deepEqual(told(run(goodSnapshot({ proxy: guarded, nodes }))), [
      `fail Node/node-1: the daemon is ready, and the node still has the taint ${key}`,
    ]);
  });

  it('is unknown without the nodes or the proxy, and has nothing to say without an installation', () => {
    assert.equal(run(goodSnapshot({ proxy: guarded, nodes: forbidden('list nodes') }))[0]!.status, 'unknown');
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
    assert.deepEqual(run(goodSnapshot({ proxy: known(null, '') })), []);
  });
});

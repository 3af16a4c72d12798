import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN002.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, node, podOf, proxy, told, workload } from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const daemons = proxy().daemons;

describe('IN002', () => {
  it('passes on every node whose daemon is ready', () => {
    assert.deepEqual(told(run(goodSnapshot())), [
      'pass Node/node-1: ready: pod-iam-node-1',
      'pass Node/node-2: ready: pod-iam-node-2',
    ]);
  });

  it('fails on a node that runs annotated pods without a daemon, and shows its taints', () => {
    const tainted = node('node-1', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] });
    const findings = run(
      goodSnapshot({
        nodes: known([tainted], ''),
        proxy: known(proxy({ daemons: [] }), ''),
      }),
    );
    assert.deepEqual(told(findings), [
      'fail Node/node-1: no daemon runs on the node; it runs 1 annotated pod',
    ]);
    assert.deepEqual(findings[0]!.evidence, [{ what: 'taint', value: 'gpu=yes:NoSchedule' }]);
  });

  it("fails with the daemon's last words when it is not ready", () => {
    const sick = { ...daemons[0]!, ready: false, lastMessage: 'cannot list pods' };
    const snapshot = goodSnapshot({ proxy: known(proxy({ daemons: [sick, daemons[1]!] }), '') });
    assert.equal(
      told(run(snapshot))[0],
      'fail Node/node-1: the daemon pod-iam-node-1 is not ready: cannot list pods; it runs 1 annotated pod',
    );
  });

  it('only warns where no annotated pods run, and says nothing of a cordoned node without any', () => {
    const snapshot = goodSnapshot({ proxy: known(proxy({ daemons: [daemons[0]!] }), '') });
    assert.equal(
      told(run(snapshot))[1],
      'warn Node/node-2: no daemon runs on the node; it runs no annotated pods now',
    );
    const cordoned = { ...snapshot, nodes: known([node('node-2', { schedulable: false })], '') };
    assert.deepEqual(run(cordoned), []);
  });

  it('names nodes that cannot be served', () => {
    const fargate = node('node-9', { notServable: 'Fargate runs no DaemonSets; use IRSA there' });
    const snapshot = goodSnapshot({
      nodes: known([fargate], ''),
      pods: known([podOf(blue, 'node-9')], ''),
    });
    assert.deepEqual(told(run(snapshot)), [
      'fail Node/node-9: it runs 1 annotated pod, and Fargate runs no DaemonSets; use IRSA there',
    ]);
  });

  it('counts neither finished nor hostNetwork pods', () => {
    const done = podOf(blue, 'node-2', { phase: 'Succeeded' });
    const host = podOf(workload('host', 'blue', { template: { hostNetwork: true } }), 'node-2');
    const snapshot = goodSnapshot({
      pods: known([done, host], ''),
      proxy: known(proxy({ daemons: [daemons[0]!] }), ''),
    });
    assert.match(told(run(snapshot))[1]!, /^warn Node\/node-2: .*no annotated pods now$/);
  });

  it('is unknown when nodes, pods or DaemonSets may not be listed', () => {
    for (const fact of ['nodes', 'pods', 'proxy'] as const)
      assert.deepEqual(told(run(goodSnapshot({ [fact]: forbidden(`list ${fact}`) }))), [
        `unknown Cluster/test: not read (list ${fact}): forbidden`,
      ]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN010.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told, withWorkloads, workload } from '../helpers/snapshot.ts';

function daemonSet(name: string, image: string) {
  const found = workload(name, null, { kind: 'DaemonSet', namespace: 'kube-system' });
  found.template.containers[0]!.image = image;
  return found;
}

describe('IN010', () => {
  it('passes with one proxy, whichever it is', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass Cluster/test: pod-iam (pod-iam/DaemonSet/pod-iam)']);
    const kiam = daemonSet('kiam-agent', 'quay.io/uswitch/kiam:v4.2');
    assert.deepEqual(told(run(withWorkloads([kiam], { proxy: known(null, '') }))), [
      'pass Cluster/test: kiam (kube-system/DaemonSet/kiam-agent)',
    ]);
  });

  it('fails with two', () => {
    const old = daemonSet('kube2iam', 'jtblin/kube2iam@sha256:0123');
    assert.deepEqual(told(run(withWorkloads([old]))), [
      'fail Cluster/test: pod-iam (pod-iam/DaemonSet/pod-iam) and kube2iam (kube-system/DaemonSet/kube2iam)',
    ]);
  });

  describe('beside the EKS Pod Identity agent', () => {
    const agent = daemonSet(
      'eks-pod-identity-agent',
      '602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/eks-pod-identity-agent:v0.1.34',
    );
    const both =
      'pod-iam (pod-iam/DaemonSet/pod-iam) and EKS Pod Identity agent (kube-system/DaemonSet/eks-pod-identity-agent)';

    it('warns of a second identity, and passes once one of the two is gone', () => {
      assert.deepEqual(told(run(withWorkloads([agent]))), [`warn Cluster/test: ${both}`]);
      assert.deepEqual(run(withWorkloads([agent], { proxy: known(null, '') })), []);
    });

    it('fails where both answer at the same address', () => {
      const args = ['--container-credentials'];
      assert.deepEqual(told(run(withWorkloads([agent], { proxy: known(proxy({ args }), '') }))), [
        `fail Cluster/test: ${both}, both at 169.254.170.23`,
      ]);
    });

    it('tells of another proxy of the metadata address first', () => {
      const old = daemonSet('kube2iam', 'jtblin/kube2iam:1');
      assert.match(run(withWorkloads([old, agent]))[0]!.observed, / and kube2iam /);
    });
  });

  it('is not taken in by images that only sound alike', () => {
    const other = daemonSet('exporter', 'example.com/kube2iam-exporter-of-mine/agent:1');
    assert.equal(run(withWorkloads([other]))[0]!.status, 'pass');
  });

  it('passes nothing when only some namespaces were read, as the other proxy may be elsewhere', () => {
    const narrow = known([workload('blue', 'blue')], 'list controllers and Pods in apps');
    assert.deepEqual(run(goodSnapshot({ workloads: narrow })), []);
  });

  it('says nothing without any proxy, and is unknown when DaemonSets cannot be listed', () => {
    assert.deepEqual(run(withWorkloads([], { proxy: known(null, '') })), []);
    assert.equal(run(goodSnapshot({ workloads: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/IN001.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, told, withWorkloads, workload } from '../helpers/snapshot.ts';

describe('IN001', () => {
  it('passes with pod-iam, and with another proxy that serves the annotations', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass Cluster/test: pod-iam in the namespace pod-iam']);
    const kube2iam = workload('kube2iam', null, { kind: 'DaemonSet', namespace: 'kube-system' });
    kube2iam.template.containers[0]!.image = 'jtblin/kube2iam:0.11.1';
    const snapshot = withWorkloads([workload('blue', 'blue'), kube2iam], { proxy: known(null, '') });
    assert.deepEqual(told(run(snapshot)), [
      'pass Cluster/test: kube2iam, the DaemonSet kube-system/DaemonSet/kube2iam',
    ]);
  });

  it('fails for annotated workloads without any proxy, and names the command that installs one', () => {
    const findings = run(goodSnapshot({ proxy: known(null, 'list DaemonSets') }));
    assert.deepEqual(told(findings), ['fail Cluster/test: 1 annotated workloads and no proxy']);
    assert.equal(findings[0]!.fix?.command, 'pod-iam install');
    assert.deepEqual(findings[0]!.evidence, [
      { what: 'apps/Deployment/blue', value: 'iam.amazonaws.com/role: blue' },
    ]);
  });

  it('has nothing to say without annotated workloads', () => {
    assert.deepEqual(run(withWorkloads([workload('plain')], { proxy: known(null, '') })), []);
  });

  it('is unknown when workloads or DaemonSets may not be listed', () => {
    assert.deepEqual(told(run(goodSnapshot({ workloads: forbidden('list pods') }))), [
      'unknown Cluster/test: not read (list pods): forbidden',
    ]);
    const [finding] = run(goodSnapshot({ proxy: forbidden('list DaemonSets') }));
    assert.equal(finding!.status, 'unknown');
    assert.deepEqual(finding!.fix, {
      text: 'allow list DaemonSets',
      command: null,
      patch: 'rule: list DaemonSets',
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN004.ts';
import { forbidden, goodSnapshot, told, withWorkloads, workload } from '../helpers/snapshot.ts';

describe('AN004', () => {
  it('passes for pods with an address of their own', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass Deployment/blue: hostNetwork is off']);
  });

  it('fails for annotated pods on the host network, and not for plain ones', () => {
    const template = { hostNetwork: true };
    const snapshot = withWorkloads([
      workload('agent', 'blue', { kind: 'DaemonSet', template }),
      workload('plain', null, { kind: 'DaemonSet', template }),
    ]);
    assert.deepEqual(told(run(snapshot)), [
      'fail DaemonSet/agent: hostNetwork is on, and iam.amazonaws.com/role is "blue"',
    ]);
  });

  it('is unknown when the workloads cannot be listed', () => {
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});

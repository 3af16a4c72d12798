import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN004.ts';
import { type ContainerFact, known, type Snapshot } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, proxy, told, withWorkloads, workload } from '../helpers/snapshot.ts';

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

  describe('for pods on the host network that ask by token', () => {
    const container = (
      name: string,
      url: string,
      kind: ContainerFact['kind'] = 'container',
    ): ContainerFact => ({
      ...{ name, kind, image: 'app:1', mounts: [] },
      env: url === '' ? [] : [{ name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: url, from: 'literal' }],
    });
    const URL = 'http://169.254.170.23/v1/credentials';
    const of = (containers: ContainerFact[], more: Partial<Snapshot> = {}) =>
      told(
        run(
          withWorkloads([workload('agent', 'blue', { template: { hostNetwork: true, containers } })], more),
        ),
      );
    const on = { proxy: known(proxy({ args: ['--container-credentials'] }), 'a test') };

    it('passes when the daemon takes tokens', () => {
      const passed = ['pass Deployment/agent: hostNetwork is on, and every container asks by its token'];
      assert.deepEqual(of([container('app', URL), container('init', '', 'init')], on), passed);
      assert.deepEqual(of([container('app', 'http://[fd00:ec2::23]/v1/credentials')], on), passed);
    });

    it('fails when one container asks elsewhere, or the daemon takes none', () => {
      const failed = ['fail Deployment/agent: hostNetwork is on, and iam.amazonaws.com/role is "blue"'];
      assert.deepEqual(of([container('app', URL), container('side', '')], on), failed);
      assert.deepEqual(of([container('app', 'http://127.0.0.1/v1/credentials')], on), failed);
      assert.deepEqual(of([], on), failed);
      assert.deepEqual(of([container('app', URL)]), [
        'fail Deployment/agent: hostNetwork is on, iam.amazonaws.com/role is "blue", and the daemon takes no tokens',
      ]);
    });

    it('is unknown when the daemon cannot be looked at', () => {
      assert.match(of([container('app', URL)], { proxy: forbidden('list DaemonSets') })[0]!, /^unknown /);
    });
  });

  it('is unknown when the workloads cannot be listed', () => {
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});

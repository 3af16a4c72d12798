import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN008.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, roleArn, told } from '../helpers/snapshot.ts';

const irsa = (arn: string) =>
  goodSnapshot({
    serviceAccounts: known(
      [{ namespace: 'apps', name: 'default', annotations: { 'eks.amazonaws.com/role-arn': arn } }],
      '',
    ),
  });

describe('AN008', () => {
  it('has nothing to say of service accounts without a role, and passes equal ones', () => {
    assert.deepEqual(run(goodSnapshot()), []);
    assert.deepEqual(run(irsa('')), []);
    assert.deepEqual(told(run(irsa(roleArn('blue')))), [`pass Deployment/blue: ${roleArn('blue')}`]);
  });

  it('fails when the two name different roles', () => {
    assert.deepEqual(told(run(irsa(roleArn('green')))), [
      `fail Deployment/blue: iam.amazonaws.com/role says ${roleArn('blue')}, eks.amazonaws.com/role-arn of the service account default says ${roleArn('green')}`,
    ]);
  });

  it('is unknown when service accounts cannot be listed', () => {
    const findings = run(goodSnapshot({ serviceAccounts: forbidden('list serviceaccounts') }));
    assert.deepEqual(told(findings), ['unknown Cluster/test: not read (list serviceaccounts): forbidden']);
  });
});

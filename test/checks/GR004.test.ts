import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR004.ts';
import { told } from '../helpers/snapshot.ts';
import { policy, withPolicies } from './node-role-policies.ts';

/** What the CNI, the kubelet and ECR need, as in AWS's managed policies for nodes. */
const usual = policy({
  Action: [
    'ec2:DescribeInstances',
    'ec2:CreateNetworkInterface',
    'ecr:GetAuthorizationToken',
    'eks:DescribeCluster',
  ],
  Resource: '*',
});

describe('GR004', () => {
  it('passes for what nodes need', () => {
    assert.deepEqual(told(run(withPolicies(usual))), ['pass Role/nodes: none of its 1 policies grants one']);
  });

  it('passes for a power over something named, or under a condition', () => {
    const named = policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::node-config/*' });
    const tagged = policy({
      Action: '*',
      Resource: '*',
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    });
    assert.equal(run(withPolicies(named, tagged))[0]!.status, 'pass');
  });

  it('fails for an administrator, and for a single broad power', () => {
    const [admin] = run(withPolicies(usual, policy({ Action: '*', Resource: '*' }, 'admin')));
    assert.equal(
      admin!.observed,
      'it may make access keys of users, write policies of roles, pass any role, read any object of S3, read any secret, decrypt with any key, run instances',
    );
    assert.equal(admin!.evidence[0]!.what, 'statement 0 of inline policy admin');
    const [reader] = run(withPolicies(policy({ Action: 's3:Get*', Resource: '*' })));
    assert.deepEqual(told([reader!]), ['fail Role/nodes: it may read any object of S3']);
  });

  it('is unknown when the policies may not be read', () => {
    assert.equal(run(withPolicies(null))[0]!.status, 'unknown');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR002.ts';
import { ACCOUNT, roleArn, told } from '../helpers/snapshot.ts';
import { policy, withPolicies } from './node-role-policies.ts';

const assume = (resource: unknown, more: object = {}) =>
  policy({ Action: 'sts:AssumeRole', Resource: resource, ...more });

describe('GR002', () => {
  it('passes for named roles, for a path of their own, and for what a condition narrows', () => {
    for (const one of [
      assume(roleArn('blue')),
      assume(`arn:aws:iam::${ACCOUNT}:role/pods/*`),
      assume('*', { Condition: { StringEquals: { 'aws:ResourceTag/pods': 'yes' } } }),
      policy({ Action: 'ecr:*', Resource: '*' }),
    ])
      assert.deepEqual(told(run(withPolicies(one))), ['pass Role/nodes: none of its 1 policies allows more']);
  });

  it('fails for everything in any of its spellings, and prints the policy that names the roles', () => {
    for (const one of [
      assume('*'),
      assume(['arn:aws:s3:::logs', `arn:aws:iam::${ACCOUNT}:role/*`]),
      assume('arn:aws:iam::*:role/*', { Action: ['sts:*'] }),
      policy({ NotAction: 'iam:*', Resource: '*' }),
    ]) {
      const [finding] = run(withPolicies(policy({ Action: 'ecr:*', Resource: '*' }), one));
      assert.equal(finding!.status, 'fail');
      assert.equal(
        finding!.observed,
        'it may assume any role that lets it: statement 0 of inline policy own',
      );
      assert.match(finding!.fix?.patch ?? '', /role\/blue/);
    }
  });

  it('is unknown when the policies may not be read', () => {
    assert.equal(run(withPolicies(null))[0]!.status, 'unknown');
  });
});

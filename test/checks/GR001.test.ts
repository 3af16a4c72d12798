import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR001.ts';
import { known, type SimulatedCall } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  forbidden,
  goodAws,
  goodSnapshot,
  mayAssume,
  NODE_ROLE,
  nodeRole,
  role,
  roleArn,
  rolesOf,
  told,
  trusting,
} from '../helpers/snapshot.ts';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const judged = (trustPolicy: string, ...calls: SimulatedCall[]) => {
  const roles = rolesOf(role('blue', trustPolicy), role('nodes'));
  return run(goodSnapshot({ aws: goodAws({ roles, nodeRoles: { [NODE_ROLE]: nodeRole(...calls) } }) }));
};

describe('GR001', () => {
  it('passes when the simulator says that each role may be assumed', () => {
    assert.deepEqual(told(judged(trusting(ROOT), mayAssume('blue'))), [
      'pass Role/nodes: it may assume 1 of 1',
    ]);
  });

  it('fails when the trust policy only delegates, and prints the policy that is missing', () => {
    const [finding] = judged(trusting(ROOT), mayAssume('blue', { decision: 'implicitDeny' }));
    assert.deepEqual(told([finding!]), [
      `fail Role/nodes: its policies do not let it assume ${roleArn('blue')}`,
    ]);
    assert.match(
      finding!.fix?.command ?? '',
      /^aws iam put-role-policy --role-name nodes --policy-name pod-iam /,
    );
    const { Statement } = JSON.parse(finding!.fix?.patch ?? '') as { Statement: { Resource: unknown }[] };
    assert.deepEqual([Statement[0]!.Resource].flat(), [roleArn('blue')]);
  });

  it('passes without a policy where the trust policy names the node role itself', () => {
    assert.deepEqual(told(judged(trusting(NODE_ROLE), mayAssume('blue', { decision: 'implicitDeny' }))), [
      'pass Role/nodes: it may assume 1 of 1; 1 of them because their trust policies name it',
    ]);
  });

  it('fails by an explicit deny whatever the trust policy says', () => {
    const [finding] = judged(trusting(NODE_ROLE), mayAssume('blue', { decision: 'explicitDeny' }));
    assert.equal(finding!.status, 'fail');
  });

  it('leaves to GR003 what a boundary forbids', () => {
    const call = mayAssume('blue', { decision: 'implicitDeny', boundaryAllows: false });
    assert.equal(judged(trusting(ROOT), call)[0]!.status, 'pass');
  });

  it('is unknown when the simulator may not be asked, or it is not known who the daemons are', () => {
    const hidden = goodAws({
      nodeRoles: { [NODE_ROLE]: { ...nodeRole(), assume: forbidden('iam:SimulatePrincipalPolicy') } },
    });
    assert.equal(run(goodSnapshot({ aws: hidden }))[0]!.status, 'unknown');
    assert.equal(run(goodSnapshot({ nodeIdentities: forbidden('read the logs') }))[0]!.status, 'unknown');
    assert.deepEqual(
      run(goodSnapshot({ nodeIdentities: known([], ''), aws: goodAws({ nodeRoles: {} }) })),
      [],
    );
  });
});

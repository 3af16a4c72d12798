import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR007.ts';
import { known, type Snapshot } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  allowing,
  forbidden,
  goodAws,
  goodSnapshot,
  mayAssume,
  NODE_ROLE,
  nodeRole,
  role,
  rolesOf,
  told,
} from '../helpers/snapshot.ts';

const trust = (principal: object, ...actions: string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: actions }],
  });
const EC2 = { Service: 'ec2.amazonaws.com' };
const PODS = { Service: 'pods.eks.amazonaws.com' };
const POD_SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/nodes/eks-prod-pod-iam-abcde-01234567-89ab-cdef-0123-456789abcdef`;

/** The node role's trust policy, that of the one annotated role, and what else differs. */
function snapshot(node: string, target: string, more: Partial<Snapshot> = {}): Snapshot {
  return goodSnapshot({
    probes: forbidden('run diagnostic pods'),
    aws: goodAws({ roles: rolesOf(role('blue', target), role('nodes', node)) }),
    ...more,
  });
}
const plain = trust({ AWS: NODE_ROLE }, 'sts:AssumeRole');
const tagged = trust({ AWS: NODE_ROLE }, 'sts:AssumeRole', 'sts:TagSession');
const pods = trust(PODS, 'sts:AssumeRole', 'sts:TagSession');
const isPod = { nodeIdentities: known([POD_SESSION], 'the daemons') };

describe('GR007', () => {
  it('passes where nobody can give the sessions of the nodes anything to carry', () => {
    assert.deepEqual(told(run(snapshot(trust(EC2, 'sts:AssumeRole'), plain))), [
      'pass Role/nodes: its sessions carry none: its own trust policy lets nobody set them',
    ]);
  });

  it('passes where the roles take it on', () => {
    assert.deepEqual(told(run(snapshot(pods, tagged, isPod))), [
      `pass Role/blue: it allows sts:TagSession to ${NODE_ROLE}`,
    ]);
  });

  it('fails for a daemon with an identity of EKS Pod Identity, which tags its sessions', () => {
    assert.deepEqual(told(run(snapshot(pods, plain, isPod))), [
      `fail Role/blue: it does not allow sts:TagSession to ${NODE_ROLE}, whose session is of EKS Pod Identity and carries tags, unless its association turns them off`,
    ]);
  });

  it('wants leave of both sides where only the account is trusted', () => {
    const root = trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, 'sts:AssumeRole', 'sts:TagSession');
    assert.equal(run(snapshot(pods, root, isPod))[0]!.status, 'fail');
    const policies = known([allowing(['sts:AssumeRole', 'sts:TagSession'], '*')], 'iam:GetRolePolicy');
    const base = snapshot(pods, root, isPod);
    const nodeRoles = { [NODE_ROLE]: { ...nodeRole(mayAssume('blue')), policies } };
    assert.equal(run({ ...base, aws: { ...base.aws, nodeRoles } })[0]!.status, 'pass');
    const hidden = { [NODE_ROLE]: { ...nodeRole(), policies: forbidden('iam:ListRolePolicies') } };
    assert.equal(run({ ...base, aws: { ...base.aws, nodeRoles: hidden } })[0]!.status, 'unknown');
  });

  it('is unknown where the sessions may carry something, but for a pod that became the role', () => {
    const chained = trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/ops` }, 'sts:*');
    assert.deepEqual(told(run(snapshot(chained, plain))), [
      `unknown Role/blue: it does not allow sts:TagSession and sts:SetSourceIdentity to ${NODE_ROLE}, whose sessions may carry tags and a source identity`,
    ]);
    const { probes } = goodSnapshot();
    assert.match(
      told(run(snapshot(chained, plain, { probes })))[0]!,
      /^pass Role\/blue: a diagnostic pod became/,
    );
  });

  it('is unknown while it is not known who the daemons are', () => {
    const nodeIdentities = forbidden('the daemons');
    assert.equal(run(snapshot(pods, plain, { nodeIdentities }))[0]!.status, 'unknown');
    const workloads = forbidden('list workloads');
    assert.equal(run(snapshot(pods, plain, { workloads }))[0]!.status, 'unknown');
  });
});

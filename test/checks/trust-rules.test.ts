import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TRUST_CHECKS } from '../../src/checks/trust-rules.ts';
import type { Finding } from '../../src/model/finding.ts';
import { known, type SimulatedCall, type Snapshot } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  forbidden,
  goodAws,
  goodSnapshot,
  mayAssume,
  NODE_ROLE,
  nodeRole,
  role,
  rolesOf,
  told,
  trusting,
  withWorkloads,
  workload,
} from '../helpers/snapshot.ts';

const run = (code: string, snapshot: Snapshot): Finding[] =>
  TRUST_CHECKS.find((check) => check.code === code)!.run(snapshot);

const aws = (trustPolicy: string, ...calls: SimulatedCall[]): Snapshot['aws'] =>
  goodAws({
    roles: rolesOf(role('blue', trustPolicy), role('nodes')),
    nodeRoles: { [NODE_ROLE]: nodeRole(...calls) },
  });
const withCondition = (condition: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: NODE_ROLE }, Action: 'sts:AssumeRole', Condition: condition },
    ],
  });
const annotated = (annotations: Record<string, string>, trustPolicy: string): Snapshot =>
  withWorkloads([workload('blue', 'blue', { template: { annotations } })], { aws: aws(trustPolicy) });

describe('the rules of trust-policy, on live roles', () => {
  it('pass a role as pod-iam would set it up, each of them', () => {
    const silent: string[] = [];
    for (const { code, run } of TRUST_CHECKS) {
      const findings = run(goodSnapshot());
      if (findings.length === 0) silent.push(code);
      for (const { status, observed } of findings) assert.equal(status, 'pass', `${code}: ${observed}`);
    }
    // These speak only of documents that have what they are about.
    assert.deepEqual(silent, ['TP031', 'TP040']);
  });

  it('are told once of a role, however many workloads have it', () => {
    const two = ['blue', 'navy'].map((name) => workload(name, 'blue'));
    const open = trusting('*');
    assert.deepEqual(told(run('TP007', withWorkloads(two, { aws: aws(open) }))), [
      told(run('TP007', goodSnapshot({ aws: aws(open) })))[0],
    ]);
    assert.match(told(run('TP007', goodSnapshot({ aws: aws(open) })))[0]!, /^fail Role\/blue: /);
  });

  it('compare the external id of each workload with what its role asks for', () => {
    const asking = withCondition({ StringEquals: { 'sts:ExternalId': 'blue-7' } });
    const key = 'iam.amazonaws.com/external-id';
    assert.equal(run('TP039', annotated({ [key]: 'blue-7' }, asking))[0]!.status, 'pass');
    assert.deepEqual(told(run('TP039', annotated({}, asking))), [
      'fail Deployment/blue: the document asks for an external id, and the pod carries none',
    ]);
    assert.equal(run('TP040', annotated({ [key]: 'blue-7' }, trusting(NODE_ROLE)))[0]!.status, 'warn');
  });

  it("take the session name from the daemon's template and a running pod", () => {
    const asking = withCondition({ StringLike: { 'sts:RoleSessionName': 'apps.blue-*' } });
    assert.equal(run('TP043', goodSnapshot({ aws: aws(asking) }))[0]!.status, 'pass');
    assert.deepEqual(told(run('TP043', annotated({ 'iam.amazonaws.com/session-name': 'mine' }, asking))), [
      'fail Deployment/blue: the document refuses the session name "mine"',
    ]);
  });

  it('let the simulator decide where the trust policy only delegates', () => {
    const root = trusting(`arn:aws:iam::${ACCOUNT}:root`);
    const [allowed] = run('TP019', goodSnapshot({ aws: aws(root, mayAssume('blue')) }));
    assert.equal(allowed!.status, 'pass');
    assert.match(allowed!.evidence[0]!.value, /IAM's simulator says that its own side allows it$/);
    const [refused] = run(
      'TP019',
      goodSnapshot({ aws: aws(root, mayAssume('blue', { decision: 'implicitDeny' })) }),
    );
    assert.equal(refused!.status, 'fail');
    assert.match(refused!.observed, /IAM's simulator says that its own side does not allow it$/);
    assert.equal(run('TP019', goodSnapshot({ aws: aws(root) }))[0]!.status, 'unknown');
  });

  it('are unknown about a principal that may not be looked up, and silent about a role that was not read', () => {
    const other = `arn:aws:iam::${ACCOUNT}:role/other`;
    const hidden = { ...aws(trusting(NODE_ROLE, other)), principals: { [other]: forbidden('iam:GetRole') } };
    assert.equal(run('TP016', goodSnapshot({ aws: hidden }))[0]!.status, 'unknown');
    const unread = goodAws({ roles: {} });
    for (const { run } of TRUST_CHECKS) assert.deepEqual(run(goodSnapshot({ aws: unread })), []);
  });

  it('do not stumble over an identity that no policy can name', () => {
    const odd = goodSnapshot({ nodeIdentities: known([`arn:aws:sts::${ACCOUNT}:user/odd`], '') });
    assert.deepEqual(run('TP019', odd), []);
  });
});

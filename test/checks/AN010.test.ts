import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN010.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import {
  forbidden,
  goodAws,
  goodProbe,
  goodSnapshot,
  role,
  roleArn,
  told,
  workload,
} from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const withRoles = (roles: Snapshot['aws']['roles'], names: string[] = []): Snapshot =>
  goodSnapshot({ aws: goodAws({ roles, roleNames: known(names, 'iam:ListRoles') }) });
const missing = { [roleArn('blue')]: known(null, 'iam:GetRole') };
const unreadable = { [roleArn('blue')]: forbidden('iam:GetRole') };

describe('AN010', () => {
  it('passes for a role that IAM knows by this ARN', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass Deployment/blue: role id AROAEXAMPLEBLUE']);
  });

  it('fails for a role that does not exist, and offers the nearest name', () => {
    const [finding] = run(withRoles(missing, ['blues', 'red']));
    assert.equal(finding!.status, 'fail');
    assert.equal(finding!.observed, `${roleArn('blue')} does not exist; the nearest name is blues`);
    assert.match(finding!.fix?.command ?? '', /"iam\.amazonaws\.com\/role":"blues"/);
  });

  it('fails with the way to create it when no name is near', () => {
    const [finding] = run(withRoles(missing, ['database-backup']));
    assert.equal(finding!.observed, `${roleArn('blue')} does not exist`);
    assert.equal(finding!.fix?.command, 'pod-iam trust-policy generate --mode proxy --role blue');
  });

  it('fails for a role that has another path', () => {
    const elsewhere = { ...role('blue'), arn: roleArn('team/blue') };
    const [finding] = run(withRoles({ ...missing, [elsewhere.arn]: known(elsewhere, 'iam:GetRole') }));
    assert.equal(
      finding!.observed,
      `${roleArn('blue')} does not exist; the role of that name is ${roleArn('team/blue')}`,
    );
    assert.match(finding!.fix?.command ?? '', /role\/team\/blue/);
  });

  it('passes by proof when IAM may not be read but a diagnostic pod became the role', () => {
    const [finding] = run(withRoles(unreadable));
    assert.equal(finding!.status, 'pass');
    assert.deepEqual(finding!.control, {
      what: 'GetCallerIdentity with an invented key',
      outcome: 'refused: InvalidClientTokenId',
    });
  });

  it('is unknown with the grant when neither is there, or the control of the proof failed', () => {
    const unasked = { ...withRoles(unreadable), probes: unknownFact('no pods', 'run pods') };
    const caller = goodProbe(blue, 'node-1').caller!;
    const gullible = {
      ...withRoles(unreadable),
      probes: known([goodProbe(blue, 'node-1', { invented: caller })], ''),
    };
    for (const snapshot of [unasked, gullible]) {
      const [finding] = run(snapshot);
      assert.equal(finding!.status, 'unknown');
      assert.equal(finding!.fix?.text, 'allow iam:GetRole');
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/TP018.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  forbidden,
  goodAws,
  goodSnapshot,
  NODE_ROLE,
  NODE_SESSION,
  role,
  roleArn,
  rolesOf,
  told,
  trusting,
  withWorkloads,
  workload,
} from '../helpers/snapshot.ts';

const trusted = (policy: string, more: Partial<Snapshot> = {}): Snapshot =>
  goodSnapshot({
    aws: goodAws({ roles: rolesOf(role('blue', policy), role('nodes')) }),
    probes: unknownFact('no pods', 'run pods'),
    ...more,
  });

describe('TP018', () => {
  it('passes when the policy names the role of the daemons', () => {
    const [finding] = run(trusted(trusting(NODE_ROLE)));
    assert.equal(finding!.status, 'pass');
    assert.match(finding!.observed, /^statement 0 allows it: /);
    assert.equal(finding!.subject.role, roleArn('blue'));
  });

  it('fails when it names somebody else, with the corrected document and the command', () => {
    const other = `arn:aws:iam::${ACCOUNT}:role/old-nodes`;
    const [finding] = run(trusted(trusting(other)));
    assert.equal(finding!.status, 'fail');
    assert.match(finding!.observed, /^statement 0 does not match: /);
    assert.deepEqual(finding!.evidence.at(-1), { what: 'the trust policy names', value: other });
    assert.equal(finding!.fix?.command, `pod-iam trust-policy apply --role blue --node-role ${NODE_ROLE}`);
    const corrected = JSON.parse(finding!.fix?.patch ?? '') as {
      Statement: { Principal: { AWS: string } }[];
    };
    assert.equal(corrected.Statement.length, 2);
    assert.equal(corrected.Statement[1]!.Principal.AWS, NODE_ROLE);
  });

  it('passes the corrected document that it prints', () => {
    const [finding] = run(trusted(trusting(roleArn('other'))));
    const [mended] = run(trusted(finding!.fix?.patch ?? ''));
    assert.equal(mended!.status, 'pass');
  });

  it('fails when one of two node identities is left out, and names only that one in the fix', () => {
    const user = `arn:aws:iam::${ACCOUNT}:user/second`;
    const snapshot = trusted(trusting(NODE_ROLE), { nodeIdentities: known([NODE_SESSION, user], '') });
    const [finding] = run(snapshot);
    assert.equal(finding!.status, 'fail');
    assert.match(finding!.expected, new RegExp(`${user}$`));
    assert.equal(finding!.fix?.text, `let ${user} assume it`);
  });

  it('tells many sessions of one role once', () => {
    const sessions = ['i-1', 'i-2', 'i-3'].map((id) => NODE_SESSION.replace(/i-\w+$/, id));
    const snapshot = trusted(trusting(roleArn('x')), { nodeIdentities: known(sessions, '') });
    const [finding] = run(snapshot);
    assert.equal(finding!.expected, `the trust policy lets the node identity assume the role: ${NODE_ROLE}`);
    assert.deepEqual(
      finding!.evidence.map(({ what }) => what),
      [NODE_ROLE, 'the trust policy names'],
    );
  });

  it('names the node role with the path that IAM told', () => {
    const nodes = { ...role('nodes'), arn: `arn:aws:iam::${ACCOUNT}:role/eks/nodes`, path: '/eks/' };
    const aws = goodAws({ roles: rolesOf(role('blue', trusting(roleArn('x'))), nodes) });
    const [finding] = run(trusted('', { aws }));
    assert.equal(finding!.fix?.text, `let ${nodes.arn} assume it`);
  });

  it('says so when the account as a whole is trusted', () => {
    const [finding] = run(trusted(trusting(`arn:aws:iam::${ACCOUNT}:root`)));
    assert.equal(finding!.status, 'pass');
    assert.match(finding!.observed, /the node's own policy must allow it too$/);
  });

  it('takes the external id of the pod into account', () => {
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: NODE_ROLE },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': 'secret-1' } },
        },
      ],
    });
    assert.equal(run(trusted(policy))[0]!.status, 'fail');
    const annotations = { 'iam.amazonaws.com/external-id': 'secret-1' };
    const carrying = withWorkloads([workload('blue', 'blue', { template: { annotations } })]);
    assert.equal(run(trusted(policy, { workloads: carrying.workloads }))[0]!.status, 'pass');
  });

  it('passes by proof when IAM may not be read but a diagnostic pod became the role', () => {
    const roles = { [roleArn('blue')]: forbidden('iam:GetRole') };
    const [finding] = run(goodSnapshot({ aws: goodAws({ roles }) }));
    assert.equal(finding!.status, 'pass');
    assert.ok(finding!.control);
  });

  it('is unknown with the grant when IAM may not be read and nothing proves it', () => {
    const roles = { [roleArn('blue')]: forbidden('iam:GetRole') };
    const snapshot = trusted('', { aws: goodAws({ roles }) });
    assert.deepEqual(told(run(snapshot)), ['unknown Deployment/blue: not read (iam:GetRole): forbidden']);
  });

  it('is unknown, and breaks nothing, when STS calls the daemon what IAM knows no caller of', () => {
    const strange = `arn:aws:sts::${ACCOUNT}:user/moto`;
    const nodeIdentities = known([strange], 'the logs of the daemons');
    const [finding] = run(trusted(trusting(NODE_ROLE), { nodeIdentities }));
    assert.equal(finding!.status, 'unknown');
    assert.equal(finding!.observed, `STS calls the daemon ${strange}, which is no role, user or session`);
  });

  it('is unknown when nobody knows who the daemons are', () => {
    const none = trusted(trusting(NODE_ROLE), { nodeIdentities: forbidden('get pods/log') });
    assert.deepEqual(told(run(none)), ['unknown Deployment/blue: not read (get pods/log): forbidden']);
    const silent = trusted(trusting(NODE_ROLE), { nodeIdentities: known([], '') });
    assert.equal(run(silent)[0]!.status, 'unknown');
  });
});

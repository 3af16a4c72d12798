import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR008.ts';
import { known } from '../../src/model/snapshot.ts';
import {
  ACCOUNT,
  forbidden,
  goodAws,
  goodSnapshot,
  NODE_ROLE,
  NODE_SESSION,
  proxy,
  role,
  roleArn,
  rolesOf,
  told,
  trusting,
} from '../helpers/snapshot.ts';

const OTHER = roleArn('nodes-b');
const [first, second] = proxy().daemons;
const twoGroups = proxy({
  daemons: [first!, { ...second!, identityArn: `arn:aws:sts::${ACCOUNT}:assumed-role/nodes-b/i-1` }],
});
const judged = (trustPolicy: string, install = twoGroups) =>
  run(
    goodSnapshot({
      proxy: known(install, ''),
      aws: goodAws({ roles: rolesOf(role('blue', trustPolicy), role('nodes'), role('nodes-b')) }),
    }),
  );

describe('GR008', () => {
  it('passes when the role trusts the nodes of both groups', () => {
    assert.deepEqual(told(judged(trusting(NODE_ROLE, OTHER))), [
      'pass Deployment/blue: it trusts all 2 node roles',
    ]);
  });

  it('fails when it trusts one of them, names the nodes and the command', () => {
    const [finding] = judged(trusting(NODE_ROLE));
    assert.deepEqual(told([finding!]), [`fail Deployment/blue: it does not trust ${OTHER}: nodes node-2`]);
    assert.equal(finding!.fix?.command, `pod-iam trust-policy apply --role blue --node-role ${OTHER}`);
  });

  it('has nothing to say where there is one group, or none is trusted', () => {
    assert.deepEqual(
      judged(trusting(NODE_ROLE), proxy({ daemons: [{ ...first!, identityArn: NODE_SESSION }] })),
      [],
    );
    assert.deepEqual(judged(trusting(roleArn('else'))), []);
  });

  it('is unknown when the proxy may not be read', () => {
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR003.ts';
import { known, type SimulatedCall } from '../../src/model/snapshot.ts';
import {
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
} from '../helpers/snapshot.ts';

const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';
const judged = (...calls: SimulatedCall[]) => {
  const roles = rolesOf(role('blue'), { ...role('nodes'), boundary: BOUNDARY });
  return run(goodSnapshot({ aws: goodAws({ roles, nodeRoles: { [NODE_ROLE]: nodeRole(...calls) } }) }));
};

describe('GR003', () => {
  it('passes when neither forbids a role', () => {
    assert.deepEqual(told(judged(mayAssume('blue', { boundaryAllows: true }), mayAssume('red'))), [
      'pass Role/nodes: none for 2 roles',
    ]);
  });

  it('fails when one does, and names it', () => {
    assert.deepEqual(
      told(
        judged(mayAssume('blue', { boundaryAllows: false }), mayAssume('red', { organisationAllows: false })),
      ),
      [
        `fail Role/nodes: its permissions boundary ${BOUNDARY} forbids ${roleArn('blue')}; a policy of the organisation forbids ${roleArn('red')}`,
      ],
    );
  });

  it('is unknown when the simulator may not be asked', () => {
    const hidden = { policies: known([], ''), assume: forbidden('iam:SimulatePrincipalPolicy') };
    assert.equal(
      run(goodSnapshot({ aws: goodAws({ nodeRoles: { [NODE_ROLE]: hidden } }) }))[0]!.status,
      'unknown',
    );
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { nearMiss } from '../../src/trust-policy/near-miss.ts';
import { AWAY, HOME, NODE, ROOT, trust } from './helpers.ts';

function miss(...AWS: string[]): string | null {
  const { policy } = parsePolicy(trust({ AWS }));
  return nearMiss(NODE, policy!)?.text ?? null;
}

it('tells how a principal misses the role that was meant', () => {
  const role = (text: string, account = HOME): string => `arn:aws:iam::${account}:role/${text}`;
  assert.equal(miss(role('kops/node')), `${role('kops/node')} differs from it in the path`);
  assert.equal(miss(role('node', AWAY)), `${role('node', AWAY)} differs from it in the account`);
  assert.equal(miss(role('Node')), `${role('Node')} differs from it in upper and lower case`);
  assert.equal(miss(role('nodes')), `${role('nodes')} is similar`);
  const session = `arn:aws:sts::${HOME}:assumed-role/node/i-1`;
  assert.equal(miss(role('nodes'), session), `${session} is one session of the role`);
});

it('does not call everything similar', () => {
  assert.equal(miss(`arn:aws:iam::${HOME}:role/blue`), null);
  assert.equal(miss(ROOT), null);
});

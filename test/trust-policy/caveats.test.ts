import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ParsedPolicy, type Policy, parsePolicy } from '../../src/model/policy.ts';
import { simulate } from '../../src/trust-policy/simulate.ts';
import { AWAY, HOME, NODE, PROVIDER, ROOT, trust } from './helpers.ts';

const caveats = (text: string, caller: string, more: object = {}): string[] =>
  simulate(parsePolicy(text) as ParsedPolicy & { policy: Policy }, {
    ...{ caller, action: 'sts:AssumeRole', role: null, context: {}, identityPolicies: 'any', ...more },
  }).caveats;

const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
const organisation = `service control and resource control policies of the account ${HOME} were not given, and could still forbid it`;
const path = `the caller's role is taken to be ${NODE}, without a path, which a session's ARN does not tell`;

it('says which policies of an organisation an allow has not seen', () => {
  assert.deepEqual(caveats(trust({ AWS: NODE }), NODE), [organisation]);
  assert.deepEqual(caveats(trust({ AWS: NODE }), NODE, { role: `arn:aws:iam::${AWAY}:role/app` }), [
    `service control policies of the account ${HOME} and resource control policies of the account ${AWAY} were not given, and could still forbid it`,
  ]);
  const tokens = trust({ Federated: PROVIDER }, { Action: 'sts:AssumeRoleWithWebIdentity' });
  assert.deepEqual(caveats(tokens, PROVIDER, { action: 'sts:AssumeRoleWithWebIdentity' }), [
    "resource control policies of the role's account were not given, and could still forbid it",
  ]);
  assert.deepEqual(caveats(trust({ AWS: `${NODE}s` }), NODE), []);
});

it('says when it takes the role of a session to have no path', () => {
  assert.deepEqual(caveats(trust({ AWS: NODE }), session), [path, organisation]);
  assert.deepEqual(caveats(trust({ AWS: NODE }), session, { callerRole: NODE }), [organisation]);
  assert.deepEqual(caveats(trust({ AWS: ROOT }), session), [organisation]);
  const pattern = { Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/n*` } } };
  assert.deepEqual(caveats(trust({ AWS: ROOT }, pattern), session), [path, organisation]);
  assert.deepEqual(caveats(trust({ AWS: ROOT }, { ...pattern, Effect: 'Deny' }), session), [path]);
});

it('has nothing to say of a document that IAM would refuse, and of an unknown', () => {
  assert.deepEqual(caveats(trust('*'), NODE), []);
  assert.deepEqual(
    caveats(trust({ AWS: NODE }, { Condition: { Null: { 'aws:SourceVpce': 'false' } } }), NODE),
    [],
  );
});

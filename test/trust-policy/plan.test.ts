import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateTrust } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { Problem } from '../../src/model/problem.ts';
import { planTrustChange } from '../../src/trust-policy/plan.ts';
import { AWAY, document, HOME, NODE, ROOT, trust } from './helpers.ts';

const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
const statements = (text: string): Record<string, unknown>[] => JSON.parse(text).Statement;
const required = { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } };

describe('planTrustChange', () => {
  it('adds one statement for the nodes that nothing lets in', () => {
    const before = trust({ AWS: `${NODE}s` }, { Sid: 'Old' });
    const change = planTrustChange(before, [NODE]);
    assert.equal(change.changed, true);
    assert.deepEqual(change.added, [`${NODE} may assume the role`]);
    assert.deepEqual(statements(change.document), [
      ...statements(before),
      { Sid: 'PodIamProxy', Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
    ]);
  });

  it('changes nothing the second time', () => {
    const once = planTrustChange(trust({ Service: 'ec2.amazonaws.com' }), [NODE, session]);
    const twice = planTrustChange(once.document, [NODE, session]);
    assert.equal(twice.changed, false);
    assert.equal(twice.document, once.document);
    assert.match(twice.notes[0]!, /may assume the role already/);
  });

  it('adds later nodes to the statement of the earlier ones', () => {
    const once = planTrustChange(trust({ Service: 'ec2.amazonaws.com' }), [NODE]).document;
    const twice = statements(planTrustChange(once, [`${NODE}-2`]).document);
    assert.equal(twice.length, 2);
    assert.deepEqual(twice[1]!['Principal'], { AWS: [NODE, `${NODE}-2`] });
  });

  it('takes another Sid when its own is taken', () => {
    const text = trust({ Service: 'ec2.amazonaws.com' }, { Sid: 'PodIamProxy' });
    assert.equal(statements(planTrustChange(text, [NODE]).document)[1]!['Sid'], 'PodIamProxy2');
  });

  it('names the role of a session, and says that its path is not known', () => {
    const { added, document: after } = planTrustChange(trust({ Service: 'ec2.amazonaws.com' }), [session]);
    assert.match(added[0]!, /does not tell whether its role has a path/);
    assert.deepEqual(statements(after)[1]!['Principal'], { AWS: NODE });
  });

  it('leaves alone a role with a path that may be the session’s', () => {
    const text = trust({ AWS: `arn:aws:iam::${HOME}:role/kops/node` });
    assert.equal(planTrustChange(text, [session]).changed, false);
    assert.equal(planTrustChange(text, [NODE]).changed, true);
  });

  it('says which external id lets an identity in already', () => {
    const asked = trust({ AWS: ROOT }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } });
    assert.match(
      planTrustChange(asked, [NODE]).notes[0]!,
      /^\S+ may assume the role already, as long as the pods carry the external id blue: statement 0 allows it: /,
    );
    assert.match(
      planTrustChange(trust({ AWS: ROOT }), [NODE]).notes[0]!,
      /^\S+ may assume the role already: /,
    );
  });

  it('asks for the external id that all others are asked for', () => {
    const added = statements(planTrustChange(trust({ AWS: `${NODE}s` }, required), [NODE]).document)[1];
    assert.deepEqual(added!['Condition'], required.Condition);
    const given = statements(
      planTrustChange(trust({ AWS: `${NODE}s` }), [NODE], { externalId: 'red' }).document,
    )[1];
    assert.deepEqual(given!['Condition'], { StringEquals: { 'sts:ExternalId': 'red' } });
  });

  it('does not undo a condition under which the nodes are let in', () => {
    const mfa = trust({ AWS: NODE }, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } });
    const { changed, notes } = planTrustChange(mfa, [NODE]);
    assert.equal(changed, false);
    assert.match(notes[0]!, /lets .* in on a condition, which an added statement would undo/);
  });

  it('says that no Allow helps against a Deny', () => {
    const text = document(
      { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
    );
    const { changed, notes, denied } = planTrustChange(text, [NODE]);
    assert.equal(changed, false);
    assert.deepEqual(denied, [NODE]);
    assert.match(notes[0]!, /^statement 1 denies it to .*, and no further Allow helps against a Deny/);
  });

  it('takes out principals that were deleted, which IAM would refuse to save', () => {
    const text = document(
      { Sid: 'A', Effect: 'Allow', Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' }, Action: 'sts:AssumeRole' },
      {
        Sid: 'B',
        Effect: 'Allow',
        Principal: { AWS: ['AIDAEXAMPLEEXAMPLE123', `arn:aws:iam::${AWAY}:root`] },
        Action: 'sts:AssumeRole',
      },
    );
    const { document: after, removed } = planTrustChange(text, [NODE]);
    assert.equal(removed.length, 2);
    assert.deepEqual(
      statements(after).map(({ Sid, Principal }) => [Sid, Principal]),
      [
        ['B', { AWS: `arn:aws:iam::${AWAY}:root` }],
        ['PodIamProxy', { AWS: NODE }],
      ],
    );
  });

  it('keeps what it does not touch, and leaves a document that lets the nodes in', () => {
    const before = JSON.stringify({
      Version: '2012-10-17',
      Id: 'mine',
      Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    });
    const { document: after } = planTrustChange(before, [NODE]);
    assert.equal(JSON.parse(after).Id, 'mine');
    const parsed = parsePolicy(after);
    assert.ok(parsed.ok);
    assert.equal(
      evaluateTrust(parsed.policy, {
        caller: session,
        action: 'sts:AssumeRole',
        context: {},
        identityPolicies: 'silent',
      }).decision,
      'allow',
    );
  });

  it('refuses a document that IAM would refuse', () => {
    assert.throws(
      () => planTrustChange(trust('*'), [NODE]),
      (error) => error instanceof Problem && error.code === 'BAD_POLICY',
    );
  });
});

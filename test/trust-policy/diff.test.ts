import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { diffTrust, renderDiff, type TrustDiff } from '../../src/trust-policy/diff.ts';
import { document, HOME, NODE, ROOT, trust } from './helpers.ts';

const allow = (AWS: unknown, more = {}) => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'sts:AssumeRole',
  ...more,
});

function diff(before: string, after: string): TrustDiff {
  const [a, b] = [parsePolicy(before), parsePolicy(after)];
  assert.ok(a.ok && b.ok);
  return diffTrust(a.policy, b.policy);
}

describe('diffTrust', () => {
  it('sees no difference in order, lists, case, Sids and the ways to write an account', () => {
    const a = document(
      allow([NODE, ROOT], { Sid: 'A', Condition: { StringEquals: { 'sts:ExternalId': ['x1', 'x2'] } } }),
    );
    const condition = { Condition: { StringEquals: { 'STS:externalid': ['x2', 'x1'] } } };
    const b = document(allow(HOME, condition), allow(NODE, { ...condition, Action: ['sts:assumerole'] }));
    assert.equal(renderDiff(diff(a, b)), 'Both mean the same.');
  });

  it('says in words what is added and what is gone', () => {
    const required = { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } };
    assert.equal(
      renderDiff(diff(trust({ AWS: NODE }, required), document(allow(NODE), allow('*')))),
      [
        `- ${NODE} may call sts:AssumeRole, if StringEquals sts:ExternalId: blue`,
        `+ ${NODE} may call sts:AssumeRole`,
        '+ anyone in any account may call sts:AssumeRole',
        'The second lets in more than the first.',
      ].join('\n'),
    );
  });

  it('knows a narrowing from a widening', () => {
    const two = document(allow(NODE), allow(ROOT));
    assert.equal(diff(two, trust({ AWS: NODE })).isWider, false);
    const denied = document(allow(NODE), { ...allow(ROOT), Effect: 'Deny' });
    assert.equal(diff(trust({ AWS: NODE }), denied).isWider, false);
    assert.equal(diff(denied, trust({ AWS: NODE })).isWider, true);
  });

  it('takes a further condition and a shorter list of values for a narrowing', () => {
    const on = (Condition: unknown): string => trust({ AWS: ROOT }, { Condition });
    const ids = (...values: string[]) => ({ StringEquals: { 'sts:ExternalId': values } });
    assert.equal(diff(trust({ AWS: ROOT }), on(ids('blue'))).isWider, false);
    assert.equal(diff(on(ids('blue', 'red')), on(ids('red'))).isWider, false);
    assert.equal(diff(on(ids('red')), on(ids('blue', 'red'))).isWider, true);
    assert.equal(diff(on(ids('red')), on({ StringLike: { 'sts:ExternalId': 'red' } })).isWider, true);
    const but = (...values: string[]) => ({ StringNotEquals: { 'aws:PrincipalTag/team': values } });
    assert.equal(diff(on(but('blue')), on(but('blue', 'red'))).isWider, false);
    assert.equal(diff(on(but('blue', 'red')), on(but('blue'))).isWider, true);
    const denied = (Condition: unknown): string =>
      document(allow(ROOT), { ...allow('*'), Effect: 'Deny', Condition });
    assert.equal(diff(denied(but('blue')), denied(but('blue', 'red'))).isWider, true);
    assert.equal(diff(denied(but('blue', 'red')), denied(but('blue'))).isWider, false);
  });

  it('minds the version where variables stand', () => {
    const text = trust(
      { AWS: ROOT },
      { Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } } },
    );
    assert.equal(diff(text, text.replace('2012-10-17', '2008-10-17')).isEqual, false);
    const plain = trust({ AWS: NODE });
    assert.equal(diff(plain, plain.replace('2012-10-17', '2008-10-17')).isEqual, true);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ParsedPolicy, type Policy, parsePolicy } from '../../src/model/policy.ts';
import { simulate } from '../../src/trust-policy/simulate.ts';
import { NODE, ROOT, trust } from './helpers.ts';

const TAG = { 'aws:RequestTag/team': ['shop'] };
const NAMED = { 'sts:SourceIdentity': ['bob'] };

interface Row {
  name: string;
  actions: string | string[];
  context?: Record<string, string[]>;
  action?: string;
  principal?: string;
  identity?: 'any' | Policy[];
  expected: string;
}

const policy = (text: string) => parsePolicy(text) as ParsedPolicy & { policy: Policy };
const identity = (Action: string): Policy[] => {
  const Statement = [{ Effect: 'Allow', Action, Resource: '*' }];
  const { policy } = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement }), 'identity');
  return policy ? [policy] : assert.fail('the caller has no policy');
};

const rows: Row[] = [
  { name: 'tags without sts:TagSession', actions: 'sts:AssumeRole', context: TAG, expected: 'deny' },
  { name: 'tags with it', actions: ['sts:AssumeRole', 'sts:TagSession'], context: TAG, expected: 'allow' },
  { name: 'no tags without it', actions: 'sts:AssumeRole', expected: 'allow' },
  {
    name: 'a source identity without its action',
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    context: NAMED,
    expected: 'deny',
  },
  {
    name: 'a source identity with it',
    actions: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    context: NAMED,
    expected: 'allow',
  },
  {
    name: 'both sent, one allowed',
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    context: { ...TAG, ...NAMED },
    expected: 'deny',
  },
  {
    name: 'a context without sts:SetContext',
    actions: 'sts:AssumeRole',
    context: { 'sts:RequestContext/identitycenter:UserId': ['1'] },
    expected: 'deny',
  },
  {
    name: 'tags that are only asked about',
    actions: 'sts:AssumeRole',
    context: { 'aws:RequestTag/team': [] },
    expected: 'allow',
  },
  {
    name: 'sts:TagSession alone, asked for alone',
    actions: 'sts:TagSession',
    action: 'sts:TagSession',
    context: TAG,
    expected: 'allow',
  },
  {
    name: 'tags from the account, whose caller may not tag',
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    principal: ROOT,
    identity: identity('sts:AssumeRole'),
    context: TAG,
    expected: 'deny',
  },
  {
    name: 'tags from the account, whose caller may',
    actions: ['sts:AssumeRole', 'sts:TagSession'],
    principal: ROOT,
    identity: identity('sts:*'),
    context: TAG,
    expected: 'allow',
  },
];

describe('a request that sends more than it asks for', () => {
  for (const {
    name,
    actions,
    context = {},
    action = 'sts:AssumeRole',
    principal = NODE,
    identity,
    expected,
  } of rows)
    it(`${name}: ${expected}`, () => {
      const text = trust({ AWS: principal }, { Action: actions });
      const request = { caller: NODE, action, role: null, context, identityPolicies: identity ?? [] };
      assert.equal(simulate(policy(text), request).decision, expected);
    });

  it('says what is sent, and which action that takes', () => {
    const request = {
      caller: NODE,
      action: 'sts:AssumeRole',
      role: null,
      context: TAG,
      identityPolicies: [],
    };
    const { because } = simulate(policy(trust({ AWS: NODE })), request);
    assert.match(
      because,
      /^the request sends session tags, for which sts:TagSession must be allowed as well: /,
    );
  });

  it('does not know where the companion hangs on what is not given', () => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
        {
          Effect: 'Allow',
          Principal: { AWS: NODE },
          Action: 'sts:TagSession',
          Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
        },
      ],
    });
    const request = {
      caller: NODE,
      action: 'sts:AssumeRole',
      role: null,
      context: TAG,
      identityPolicies: [],
    };
    const { decision, needs } = simulate(policy(text), request);
    assert.equal(decision, 'unknown');
    assert.equal(needs.length, 1);
  });
});

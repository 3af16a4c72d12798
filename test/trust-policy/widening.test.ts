import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { diffTrust } from '../../src/trust-policy/diff.ts';
import { wideningWords } from '../../src/trust-policy/widening.ts';
import { AUDIENCE, document, HOME, irsa, NODE, ROOT, SUBJECT, trust } from './helpers.ts';

const words = (before: string, after: string): string[] =>
  wideningWords(parsePolicy(before).policy, parsePolicy(after).policy!, 'app');
const allow = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'sts:AssumeRole' };
const deny = { Effect: 'Deny', Principal: { AWS: NODE }, Action: 'sts:AssumeRole', Sid: 'Never' };

describe('the widening of a change', () => {
  it('is nothing for the same meaning, and for less', () => {
    assert.deepEqual(words(trust({ AWS: NODE }), trust({ AWS: [NODE] }, { Sid: 'Other' })), []);
    assert.deepEqual(words(trust({ AWS: [NODE, ROOT] }), trust({ AWS: NODE })), []);
    assert.deepEqual(words(document(allow), document(allow, deny)), []);
  });

  it('is nothing where a condition is added', () => {
    const guarded = trust({ AWS: ROOT }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } });
    assert.deepEqual(words(trust({ AWS: ROOT }), guarded), []);
    const strict = document(allow, { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    assert.deepEqual(words(strict, document(allow, deny)), []);
  });

  it('names those alone who are new', () => {
    assert.deepEqual(words(trust({ AWS: NODE }), trust({ AWS: [NODE, HOME] })), [
      `any role or user of account ${HOME} whose own policies allow it may now become app: whoever writes policies in that account decides who`,
    ]);
  });

  it('counts a condition that is gone, and a Deny that is gone', () => {
    const guarded = trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalId': 'blue' } } });
    assert.equal(words(guarded, trust({ AWS: NODE })).length, 1);
    assert.deepEqual(words(document(allow, deny), document(allow)), [
      `statement 1 (Never) no longer keeps sessions of the role node of account ${HOME} out`,
    ]);
  });

  it('speaks of tokens as of whom they are for', () => {
    const after = irsa({ StringEquals: { ...AUDIENCE, ...SUBJECT } });
    assert.match(
      words(trust({ AWS: NODE }), after)[0]!,
      /the service account web in namespace shop.*: each pod that may use the service account$/,
    );
    const github = 'token.actions.githubusercontent.com';
    const run = document({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${HOME}:oidc-provider/${github}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringLike: { [`${github}:sub`]: 'repo:acme/shop:*' } },
    });
    assert.deepEqual(words(trust({ AWS: NODE }), run), [
      'holders of a token of GitHub Actions may now become app, if the token is of any run in the repository acme/shop: whoever gets such a token from the issuer',
    ]);
  });

  it('tells when variables are read otherwise, and not when those that used them are taken out', () => {
    const named = { ...allow, Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } } };
    const old = JSON.stringify({ Version: '2008-10-17', Statement: [allow, named] });
    assert.deepEqual(words(old, document(allow, named)), [
      'policy variables such as ${aws:username} are filled in (Version 2012-10-17) now, so that others may fit them',
    ]);
    assert.deepEqual(words(old, document(allow)), []);
    const [less, more] = [document(allow), document(allow, named)].map((text) => parsePolicy(text).policy!);
    assert.equal(diffTrust(more!, less!).isWider, false);
    assert.deepEqual(diffTrust(more!, less!).added, []);
  });
});

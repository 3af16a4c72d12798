import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { conditionsWords } from '../../src/trust-policy/condition-words.ts';
import { NODE, trust } from './helpers.ts';

const ROWS: readonly [condition: Record<string, Record<string, unknown>>, words: string][] = [
  [{ Null: { 'sts:ExternalId': 'false' } }, 'an external id is sent along'],
  [{ Null: { 'sts:SourceIdentity': 'true' } }, 'no source identity is sent along'],
  [{ StringLike: { 'sts:SourceIdentity': '*' } }, 'a source identity is sent along'],
  [{ Null: { 'aws:PrincipalTag/team': 'true' } }, 'the caller has no tag team'],
  [{ StringLike: { 'aws:RequestTag/team': '*' } }, 'the tag team is sent along'],
  [{ Null: { 'aws:PrincipalOrgID': 'false' } }, "the caller's organisation is given"],
  [
    { NumericLessThanEquals: { 'sts:DurationSeconds': '3600' } },
    'the duration asked for, in seconds, is at most "3600"',
  ],
  [
    { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    'the caller\'s organisation is not "o-a1b2c3d4e5" (or the request does not tell)',
  ],
  [{ Bool: { 'aws:ViaAWSService': 'false' } }, 'the caller calls by itself'],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, 'the call is encrypted'],
  [
    { StringLike: { 'aws:userid': '*:ada' } },
    'the caller\'s unique id (a session\'s ends in its name) matches "*:ada"',
  ],
  [
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
    'each name of a tag sent along is "a" or "b" (or there is none)',
  ],
  [
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, Null: { 'aws:TagKeys': 'false' } },
    'each name of a tag sent along is "a"',
  ],
  [
    { StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' }, Null: { 'aws:sourceVpce': 'false' } },
    'the VPC endpoint that the call comes through is "vpce-1"',
  ],
  [
    { StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'pi-1' } },
    'the certificate\'s subject (CN) is "pi-1"',
  ],
  [
    { StringLike: { 'aws:PrincipalTag/x509SAN/URI': 'spiffe://acme/*' } },
    'the certificate\'s alternative name (URI) matches "spiffe://acme/*"',
  ],
  [{ StringEquals: { 'SAML:sub': 'ada' } }, 'the assertion\'s sub is "ada"'],
  [
    { StringEquals: { 'accounts.google.com:oaud': 'https://a.example' } },
    'the token\'s audience is "https://a.example"',
  ],
  [
    { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:0a' } },
    'the identity pool is "eu-west-1:0a"',
  ],
  [
    { 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' } },
    'the user has signed in',
  ],
  [
    { 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'unauthenticated' } },
    'the user has not signed in',
  ],
];

describe('conditionsWords', () => {
  for (const [condition, words] of ROWS)
    it(`says that ${words}`, () => {
      const { policy } = parsePolicy(trust({ AWS: NODE }, { Condition: condition }));
      assert.deepEqual(conditionsWords(policy!.statements[0]!.conditions), [words]);
    });
});

// Every condition operator against present, absent and unknown keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCaller } from '../../src/model/evaluate/caller.ts';
import { evaluateCondition } from '../../src/model/evaluate/condition.ts';
import { factsOf } from '../../src/model/evaluate/facts.ts';
import type { Truth } from '../../src/model/evaluate/truth.ts';
import { readOperator } from '../../src/model/policy/operators.ts';

const caller = parseCaller('arn:aws:iam::111122223333:user/team/ann')!;

function holds(
  operatorText: string,
  key: string,
  wanted: string | string[],
  context: Record<string, string[]> = {},
): Truth {
  const reading = readOperator(operatorText);
  assert.ok(reading.ok, operatorText);
  const place = { pointer: '', line: 1, column: 1 };
  const values = [wanted].flat().map((text) => ({ ...place, text }));
  const facts = factsOf({ caller, context, roleAccount: null, isComplete: false });
  return evaluateCondition({ ...place, operatorText, operator: reading.operator, key, values }, facts, true)
    .truth;
}

/** Of an external id, a parameter that is absent unless given. */
const id = (operator: string, wanted: string | string[], ...given: string[]): Truth =>
  holds(operator, 'sts:ExternalId', wanted, given.length === 0 ? {} : { 'STS:externalID': given });

describe('conditions', () => {
  it('compare strings letter by letter, by pattern, or without case', () => {
    assert.equal(id('StringEquals', 'blue', 'blue'), true);
    assert.equal(id('StringEquals', 'blue', 'Blue'), false);
    assert.equal(id('StringEquals', 'b*', 'blue'), false);
    assert.equal(id('StringEqualsIgnoreCase', 'BLUE', 'blue'), true);
    assert.equal(id('StringLike', 'b*e', 'blue'), true);
    assert.equal(id('StringLike', 'b??e', 'blue'), true);
    assert.equal(id('StringLike', '[b]lue', 'blue'), false);
    assert.equal(id('StringNotLike', 'b*', 'blue'), false);
    assert.equal(id('StringNotEquals', ['red', 'blue'], 'blue'), false);
    assert.equal(id('StringNotEqualsIgnoreCase', 'BLUE', 'red'), true);
  });

  it('compare numbers, dates, booleans and bytes by their value', () => {
    const seconds = (operator: string, wanted: string): Truth =>
      holds(operator, 'sts:DurationSeconds', wanted, { 'sts:DurationSeconds': ['3600'] });
    assert.equal(seconds('NumericEquals', '3600.0'), true);
    assert.equal(seconds('NumericNotEquals', '3600'), false);
    assert.equal(seconds('NumericLessThan', '3600'), false);
    assert.equal(seconds('NumericLessThanEquals', '3600'), true);
    assert.equal(seconds('NumericGreaterThan', '900'), true);
    assert.equal(seconds('NumericGreaterThanEquals', '1h'), false);
    const time = (operator: string, wanted: string): Truth =>
      holds(operator, 'aws:CurrentTime', wanted, { 'aws:CurrentTime': ['2026-01-31T12:00:00Z'] });
    assert.equal(time('DateGreaterThan', '2026-01-31'), true);
    assert.equal(time('DateLessThan', '2026-01-31T13:00:00+01:00'), false);
    assert.equal(time('DateEquals', '1769860800'), true);
    const mfa = { 'aws:MultiFactorAuthPresent': ['true'] };
    assert.equal(holds('Bool', 'aws:MultiFactorAuthPresent', 'TRUE', mfa), true);
    assert.equal(holds('Bool', 'aws:MultiFactorAuthPresent', 'false', mfa), false);
    assert.equal(id('BinaryEquals', 'QQ==', 'QQ=='), true);
    assert.equal(id('BinaryEquals', 'QQ==', 'QR=='), false);
  });

  it('compare addresses of both families by range', () => {
    const from = (operator: string, wanted: string | string[], address: string): Truth =>
      holds(operator, 'aws:SourceIp', wanted, { 'aws:SourceIp': [address] });
    assert.equal(from('IpAddress', '10.0.0.0/8', '10.255.0.1'), true);
    assert.equal(from('IpAddress', '10.0.0.0/8', '11.0.0.1'), false);
    assert.equal(from('IpAddress', '10.0.0.1', '10.0.0.1'), true);
    assert.equal(from('IpAddress', '0.0.0.0/0', '2001:db8::1'), false);
    assert.equal(from('IpAddress', '2001:db8::/32', '2001:DB8:0:1::1'), true);
    assert.equal(from('NotIpAddress', ['10.0.0.0/8', '192.0.2.0/24'], '192.0.2.7'), false);
    assert.equal(from('IpAddress', '10.0.0.0/33', '10.0.0.1'), false);
  });

  it('compare ARNs part by part, so that no star runs over a colon', () => {
    const arn = (wanted: string): Truth =>
      holds('ArnLike', 'aws:SourceArn', wanted, {
        'aws:SourceArn': ['arn:aws:eks:eu-west-1:111122223333:cluster/prod'],
      });
    assert.equal(arn('arn:aws:eks:*:111122223333:cluster/*'), true);
    assert.equal(arn('arn:aws:eks:*:cluster/prod'), false);
    assert.equal(arn('arn:aws:*:cluster/prod'), false);
    assert.equal(holds('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:user/*'), true);
    assert.equal(holds('ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:user/*'), false);
  });

  it('hold without the key when negated, IfExists or ForAllValues', () => {
    assert.equal(id('StringEquals', 'blue'), false);
    assert.equal(id('StringNotEquals', 'blue'), true);
    assert.equal(id('StringEqualsIfExists', 'blue'), true);
    assert.equal(id('ForAllValues:StringEquals', 'blue'), true);
    assert.equal(id('ForAnyValue:StringEquals', 'blue'), false);
    assert.equal(id('ForAnyValue:StringNotEquals', 'blue'), false);
    assert.equal(id('NumericLessThanIfExists', '1'), true);
    assert.equal(id('Null', 'true'), true);
    assert.equal(id('Null', 'false'), false);
    assert.equal(id('Null', 'true', 'blue'), false);
  });

  it('ask one or all of several values', () => {
    const keys = (operator: string, wanted: string | string[]): Truth =>
      holds(operator, 'aws:TagKeys', wanted, { 'aws:TagKeys': ['team', 'env'] });
    assert.equal(keys('ForAnyValue:StringEquals', 'env'), true);
    assert.equal(keys('ForAllValues:StringEquals', 'env'), false);
    assert.equal(keys('ForAllValues:StringEquals', ['env', 'team', 'cost']), true);
    assert.equal(keys('ForAnyValue:StringNotEquals', 'env'), true);
    assert.equal(keys('ForAllValues:StringNotEquals', 'env'), false);
    assert.equal(keys('StringNotEquals', 'env'), false);
  });

  it('are unknown when the world was not described', () => {
    assert.equal(holds('IpAddress', 'aws:SourceIp', '10.0.0.0/8'), 'unknown');
    assert.equal(holds('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'), 'unknown');
    assert.equal(holds('BoolIfExists', 'aws:MultiFactorAuthPresent', 'true'), 'unknown');
    assert.equal(holds('Null', 'aws:MultiFactorAuthAge', 'false'), 'unknown');
    assert.equal(holds('StringEquals', 'aws:PrincipalTag/team', 'blue'), 'unknown');
    assert.equal(holds('StringEquals', 'aws:PrincipalTag/a.b:c', 'blue'), 'unknown');
    assert.equal(
      holds('Bool', 'aws:MultiFactorAuthPresent', 'true', { 'aws:MultiFactorAuthPresent': [] }),
      false,
    );
  });

  it('fill in policy variables', () => {
    assert.equal(id('StringEquals', '${aws:username}', 'ann'), true);
    assert.equal(id('StringLike', '${aws:username}-*', 'ann-1'), true);
    assert.equal(id('StringEquals', "${aws:PrincipalServiceName, 'none'}", 'none'), true);
    assert.equal(id('StringEquals', '${aws:PrincipalServiceName}', ''), false);
    assert.equal(id('StringEquals', '${aws:PrincipalTag/team}', 'blue'), 'unknown');
    assert.equal(id('StringLike', 'a${*}', 'a*'), true);
    assert.equal(id('StringLike', 'a${*}', 'ab'), false);
    assert.equal(
      holds('StringLike', 'sts:ExternalId', '${sts:RoleSessionName}', {
        'sts:RoleSessionName': ['*'],
        'sts:ExternalId': ['x'],
      }),
      false,
    );
  });
});

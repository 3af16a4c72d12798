import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partitionOf, readAccountMap, readDockerRole, readDockerWish } from '../../src/model/docker-role.ts';

const accounts = { partition: 'aws', byName: { prod: '111122223333' } };

describe('the role that a container asks for', () => {
  for (const [said, role] of [
    ['my-role', 'my-role'],
    ['path/my-role', 'path/my-role'],
    ['my-role@012345678910', 'arn:aws:iam::012345678910:role/my-role'],
    ['p/my-role@prod', 'arn:aws:iam::111122223333:role/p/my-role'],
    ['/my-role@prod', 'arn:aws:iam::111122223333:role/my-role'],
    ['arn:aws:iam::012345678910:role/p/my-role', 'arn:aws:iam::012345678910:role/p/my-role'],
    ['arn:aws-cn:iam::012345678910:role/a@b', 'arn:aws-cn:iam::012345678910:role/a@b'],
  ] as const)
    it(`is ${role} for ${said}`, () => {
      assert.deepEqual(readDockerRole(said, accounts), { role, fault: null });
    });

  it('is none for an account that is neither an id nor in the map, with what is known', () => {
    assert.deepEqual(readDockerRole('my-role@test', accounts), {
      role: null,
      fault:
        '"my-role@test" names the account "test", which is neither 12 digits nor one of AWS_ACCOUNT_MAP (prod)',
    });
  });

  it('is in the partition of the region', () => {
    assert.deepEqual(['cn-north-1', 'us-gov-west-1', 'eu-west-1', 'us-iso-east-1', null].map(partitionOf), [
      'aws-cn',
      'aws-us-gov',
      'aws',
      'aws-iso',
      'aws',
    ]);
  });

  it('comes from the variable, else from a label by its name, else from one by the annotation key', () => {
    const labels = { IAM_ROLE: 'label', 'iam.amazonaws.com/role': 'key' };
    const roleOf = (env: Record<string, string>, of: Record<string, string>) =>
      readDockerWish({ env, labels: of }, accounts).role;
    assert.equal(roleOf({ IAM_ROLE: 'variable' }, labels), 'variable');
    assert.equal(roleOf({}, labels), 'label');
    assert.equal(roleOf({}, { 'iam.amazonaws.com/role': 'key' }), 'key');
    assert.equal(roleOf({}, {}), null);
  });

  it('goes with an external id, and with the session name that ROLE_SESSION_KEY points at', () => {
    const container = { env: { IAM_EXTERNAL_ID: 'x-1', TEAM: 'a' }, labels: { job: 'b' } };
    const wish = (key: string | null) => readDockerWish(container, accounts, key);
    assert.equal(wish(null).externalId, 'x-1');
    assert.deepEqual(
      [wish('Env:TEAM'), wish('Labels:job'), wish('Labels:none'), wish(null)].map(
        ({ sessionName }) => sessionName,
      ),
      ['a', 'b', null, null],
    );
  });
});

describe('AWS_ACCOUNT_MAP', () => {
  it('is a JSON object of names and account ids, and nothing else', () => {
    assert.deepEqual(readAccountMap('{"prod":"111122223333"}'), { prod: '111122223333' });
    for (const text of ['', '[]', '"x"', '{"prod":1}', '{"prod":"12"}', 'prod=1'])
      assert.equal(readAccountMap(text), null);
  });
});

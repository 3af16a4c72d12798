import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expandAccount, readAccountMap, readDockerWish } from '../../src/model/docker-role.ts';
import { DEFAULT_SETTINGS, decideRole } from '../../src/model/role.ts';

const accounts = { partition: 'aws', byName: { prod: '111122223333' } };

describe('the role that a container asks for', () => {
  for (const [said, value] of [
    ['my-role', 'my-role'],
    ['path/my-role', 'path/my-role'],
    ['my-role@012345678910', 'arn:aws:iam::012345678910:role/my-role'],
    ['p/my-role@prod', 'arn:aws:iam::111122223333:role/p/my-role'],
    ['/my-role@prod', 'arn:aws:iam::111122223333:role/my-role'],
    ['arn:aws:iam::012345678910:role/p/my-role', 'arn:aws:iam::012345678910:role/p/my-role'],
    ['arn:aws-cn:iam::012345678910:role/a@b', 'arn:aws-cn:iam::012345678910:role/a@b'],
  ] as const)
    it(`is ${value} for ${said}`, () => {
      assert.deepEqual(expandAccount(said, accounts), { ok: true, value });
    });

  it('is none for an account that is neither an id nor in the map, with what is known', () => {
    const why = 'its account "test" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (prod)';
    assert.deepEqual(expandAccount('my-role@test', accounts), { ok: false, why });
    const { ok } = expandAccount('my-role@constructor', accounts);
    assert.equal(ok, false);
  });

  it("is in the daemon's partition, and none until that is known", () => {
    const inChina = { ...accounts, partition: 'aws-cn' };
    const value = 'arn:aws-cn:iam::111122223333:role/a';
    assert.deepEqual(expandAccount('a@prod', inChina), { ok: true, value });
    assert.deepEqual(expandAccount('a@prod', { ...accounts, partition: null }), {
      ok: false,
      why: "the daemon's own partition is not known yet",
    });
  });

  it('comes from the variable, else from a label by its name, else from one by the annotation key', () => {
    const keys = { roleKey: 'example.com/role', externalIdKey: 'example.com/id', sessionKey: null };
    const labels = { IAM_ROLE: 'label', 'example.com/role': 'key' };
    const roleOf = (env: Record<string, string>, of: Record<string, string>) =>
      readDockerWish({ env, labels: of }, keys).role;
    assert.equal(roleOf({ IAM_ROLE: 'variable' }, labels), 'variable');
    assert.equal(roleOf({ IAM_ROLE: '' }, labels), '');
    assert.equal(roleOf({}, labels), 'label');
    assert.equal(roleOf({}, { 'example.com/role': 'key' }), 'key');
    assert.equal(roleOf({}, {}), null);
  });

  it('goes with an external id, and with the session name that ROLE_SESSION_KEY points at', () => {
    const container = { env: { IAM_EXTERNAL_ID: 'x-1', TEAM: 'a' }, labels: { job: 'b' } };
    const wish = (sessionKey: string | null) =>
      readDockerWish(container, { roleKey: 'r', externalIdKey: 'e', sessionKey });
    assert.equal(wish(null).externalId, 'x-1');
    assert.deepEqual(
      [wish('Env:TEAM'), wish('Labels:job'), wish('Labels:none'), wish(null)].map(
        ({ sessionName }) => sessionName,
      ),
      ['a', 'b', null, null],
    );
  });
});

describe('the decision on a container', () => {
  const settings = { ...DEFAULT_SETTINGS, roleKey: 'IAM_ROLE', externalIdKey: 'IAM_EXTERNAL_ID', accounts };
  const decide = (annotations: Record<string, string>, more: object = {}) =>
    decideRole(
      { annotations, hostNetwork: false, namespace: null, noun: 'container', ...more },
      { ...settings, baseRoleArn: 'arn:aws:iam::444455556666:role/' },
    );

  it('names the variable and the role that comes of it', () => {
    const { role, reasons } = decide({ IAM_ROLE: 'team/blue@prod' });
    assert.equal(role?.arn.arn, 'arn:aws:iam::111122223333:role/team/blue');
    assert.deepEqual(reasons, [
      `the container's IAM_ROLE is "team/blue@prod", that is arn:aws:iam::111122223333:role/team/blue`,
    ]);
  });

  it('refuses with the cause and its code', () => {
    for (const [annotations, more, code, why] of [
      [{}, {}, 'LK001', 'the container has no IAM_ROLE, and there is no default role'],
      [{ IAM_ROLE: ' ' }, {}, 'AN002', "the container's IAM_ROLE is blank, which is no role"],
      [
        { IAM_ROLE: 'blue@dev' },
        {},
        'AN002',
        `the container's IAM_ROLE names no role: its account "dev" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (prod)`,
      ],
      [
        { IAM_ROLE: 'blue' },
        { hostNetwork: true },
        'AN004',
        "the container uses its host's network, so its address does not tell it apart",
      ],
      [
        { IAM_ROLE: 'blue', IAM_EXTERNAL_ID: 'x' },
        {},
        'TP041',
        "the container's IAM_EXTERNAL_ID is not an external id (2 to 1224 letters, digits and +=,.@:/_-)",
      ],
    ] as const) {
      const { refusal } = decide(annotations, more);
      assert.deepEqual([refusal?.code, refusal?.why], [code, why]);
    }
  });

  it('reads no account for a pod, whose role may hold an @', () => {
    const { role } = decideRole(
      { annotations: { 'iam.amazonaws.com/role': 'a@b' }, hostNetwork: false, namespace: null },
      { ...DEFAULT_SETTINGS, baseRoleArn: 'arn:aws:iam::444455556666:role/' },
    );
    assert.equal(role?.arn.arn, 'arn:aws:iam::444455556666:role/a@b');
  });
});

describe('AWS_ACCOUNT_MAP', () => {
  it('is a JSON object of names and account ids, and nothing else', () => {
    assert.deepEqual(readAccountMap('{"prod":"111122223333"}'), { prod: '111122223333' });
    for (const text of ['', '[]', '"x"', '{"prod":1}', '{"prod":"12"}', 'prod=1'])
      assert.equal(readAccountMap(text), null);
  });
});

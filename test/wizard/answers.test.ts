import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, openQuestions, readAnswer, settle } from '../../src/wizard/answers.ts';
import { type Detected, NOTHING } from '../../src/wizard/detected.ts';

const NODE = 'arn:aws:iam::111122223333:role/node';
const BASE = 'arn:aws:iam::111122223333:role/';

const given = (name: Answer['name'], ...values: string[]): Answer => ({ name, values, origin: 'flag' });
const open = (detected: Detected, ...answers: Answer[]): string[] =>
  openQuestions(settle(detected, answers)).map(({ name }) => name);

test('without cluster and flags everything is asked', () => {
  assert.deepEqual(open(NOTHING), ['role', 'base-role-arn', 'node-role']);
});

test('whole ARNs need no base', () => {
  assert.deepEqual(open(NOTHING, given('role', `${BASE}blue`)), ['node-role']);
  assert.deepEqual(open(NOTHING, given('role', `${BASE}blue`, 'red')), ['base-role-arn', 'node-role']);
});

test('with all answers given nothing is asked', () => {
  assert.deepEqual(
    open(NOTHING, given('role', 'blue'), given('base-role-arn', BASE), given('node-role', NODE)),
    [],
  );
});

const seen: Detected = {
  ...NOTHING,
  baseRoleArn: { value: BASE, from: 'account of the node role' },
  nodeRoles: { value: [NODE], from: 'ConfigMap kube-system/aws-auth' },
  region: { value: 'eu-west-1', from: 'label of the nodes' },
  roles: [
    { value: 'blue', externalIds: [null, null], workloads: ['a/Deployment/b', 'a/Deployment/c'] },
    { value: 'red', externalIds: [null], workloads: ['a/Pod/r'] },
  ],
};

test('what was detected answers, and says where it was seen', () => {
  assert.deepEqual(settle(seen, []), {
    role: { name: 'role', values: ['blue', 'red'], origin: 'detected: 3 annotated workloads' },
    'base-role-arn': { name: 'base-role-arn', values: [BASE], origin: 'detected: account of the node role' },
    'node-role': { name: 'node-role', values: [NODE], origin: 'detected: ConfigMap kube-system/aws-auth' },
    region: { name: 'region', values: ['eu-west-1'], origin: 'detected: label of the nodes' },
  });
  assert.deepEqual(open(seen), []);
});

test('a kube2iam’s own base ARN counts for more than a guess by account', () => {
  const other = 'arn:aws:iam::999999999999:role/';
  const peerFlags = { value: { 'base-role-arn': other }, from: 'flags of kube2iam (kube-system/kube2iam)' };
  assert.deepEqual(settle({ ...seen, peerFlags }, [])['base-role-arn'], {
    name: 'base-role-arn',
    values: [other],
    origin: 'detected: flags of kube2iam (kube-system/kube2iam)',
  });
});

test('a flag counts for more than what was detected', () => {
  const answers = settle(seen, [
    given('role', 'green'),
    given('base-role-arn', 'arn:aws:iam::999999999999:role/'),
  ]);
  assert.deepEqual([answers.role?.values, answers.role?.origin], [['green'], 'flag']);
  assert.deepEqual(answers['base-role-arn']?.values, ['arn:aws:iam::999999999999:role/']);
});

const wrong: [Answer, string][] = [
  [given('role', 'blue', 'a b'), '--role blue, a b cannot be: "a b" names no role: it holds white space'],
  [given('base-role-arn', 'blue'), '--base-role-arn blue cannot be: "blue" is no base of role ARNs'],
  [given('node-role', 'node'), '--node-role node cannot be: "node" is no ARN of a role'],
];
for (const [answer, message] of wrong) {
  test(`--${answer.name} ${answer.values.join(' ')} is a usage error`, () =>
    assert.throws(() => settle(NOTHING, [answer]), { message }));
}

test('an answer is read as a list where a list is asked for', () => {
  const [role, base, node] = openQuestions({});
  assert.deepEqual(readAnswer(role!, ' blue , team/red ,').values, ['blue', 'team/red']);
  assert.deepEqual(readAnswer(base!, ` ${BASE} `).values, [BASE]);
  assert.equal(node!.fault(['arn:aws:sts::111122223333:assumed-role/node/i-1']), null);
  assert.equal(node!.fault([NODE, 'x']), '"x" is no ARN of a role');
  assert.equal(
    role!.fault(['blue', 'arn:aws:iam::1:role/x']),
    '"arn:aws:iam::1:role/x" names no role: it is not the ARN of an IAM role: its account "1" is not 12 digits',
  );
});

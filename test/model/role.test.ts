import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SETTINGS, decideRole, type RoleRequest } from '../../src/model/role.ts';
import type { RoleSettings } from '../../src/model/snapshot.ts';

const BASE = 'arn:aws:iam::123456789012:role/';
const ROLE = 'iam.amazonaws.com/role';
const EXTERNAL_ID = 'iam.amazonaws.com/external-id';
const ALLOWED = 'iam.amazonaws.com/allowed-roles';

const decide = (request: Partial<RoleRequest>, settings: Partial<RoleSettings> = {}) =>
  decideRole(
    { annotations: {}, hostNetwork: false, namespace: {}, ...request },
    { ...DEFAULT_SETTINGS, baseRoleArn: BASE, ...settings },
  );

const arnOf = (decision: ReturnType<typeof decide>): string | null => decision.role?.arn.arn ?? null;

test('an annotated pod gets its role, and the reason says by which words', () => {
  const decision = decide({ annotations: { [ROLE]: 'blue' } });
  assert.equal(arnOf(decision), `${BASE}blue`);
  assert.equal(decision.role?.origin, 'annotation');
  assert.equal(decision.role?.externalId, null);
  assert.deepEqual(decision.reasons, [`the pod's ${ROLE} is "blue", that is ${BASE}blue`]);
});

test('a pod without annotation gets no role when there is no default', () => {
  assert.deepEqual(decide({}).refusal, {
    code: 'LK001',
    kind: 'no-role',
    why: `the pod has no annotation ${ROLE}, and there is no default role`,
  });
});

test('a pod without annotation gets the default role, bare name or ARN', () => {
  assert.equal(arnOf(decide({}, { defaultRole: 'fallback' })), `${BASE}fallback`);
  const other = 'arn:aws:iam::999999999999:role/x';
  assert.equal(arnOf(decide({}, { defaultRole: other })), other);
});

test('an annotation wins over the default role', () => {
  assert.equal(
    arnOf(decide({ annotations: { [ROLE]: 'blue' } }, { defaultRole: 'fallback' })),
    `${BASE}blue`,
  );
});

for (const value of ['', '  ', '\n']) {
  test(`a blank annotation (${JSON.stringify(value)}) is no role and does not fall back to the default`, () => {
    assert.deepEqual(decide({ annotations: { [ROLE]: value } }, { defaultRole: 'fallback' }).refusal, {
      code: 'AN002',
      kind: 'no-role',
      why: `the pod's ${ROLE} is blank, which is no role`,
    });
  });
}

test('a malformed annotation is refused with its fault, and does not fall back to the default', () => {
  assert.deepEqual(decide({ annotations: { [ROLE]: 'blue\n' } }, { defaultRole: 'fallback' }).refusal, {
    code: 'AN002',
    kind: 'no-role',
    why: `the pod's ${ROLE} names no role: it holds a line break`,
  });
});

test('a malformed default role is refused as such', () => {
  assert.equal(
    decide({}, { defaultRole: 'a b' }).refusal?.why,
    'the default role is no role: it holds white space',
  );
});

test('a pod on its node’s network is refused before anything else is looked at', () => {
  const decision = decide({ hostNetwork: true, annotations: { [ROLE]: 'blue' } }, { defaultRole: 'x' });
  assert.equal(decision.refusal?.code, 'AN004');
  assert.equal(decision.refusal?.kind, 'no-role');
});

test('a pod on its node’s network gets its role where a token tells who it is', () => {
  const pod = { hostNetwork: true, annotations: { [ROLE]: 'blue' } };
  assert.equal(decide({ ...pod, knownBy: 'token' }).role?.arn.name, 'blue');
  assert.equal(decide({ ...pod, knownBy: 'address' }).refusal?.code, 'AN004');
});

test('a namespace without a list allows nothing once restrictions are on', () => {
  const decision = decide({ annotations: { [ROLE]: 'blue' } }, { namespaceRestrictions: true });
  assert.deepEqual([decision.refusal?.code, decision.refusal?.kind], ['AN003', 'not-allowed']);
});

test('a namespace whose annotations are unknown allows nothing', () => {
  const decision = decide(
    { annotations: { [ROLE]: 'blue' }, namespace: null },
    { namespaceRestrictions: true },
  );
  assert.equal(decision.refusal?.why, "the namespace's annotations are not known yet");
});

test('a namespace list is not looked at while restrictions are off', () => {
  const namespace = { [ALLOWED]: '["red"]' };
  assert.equal(arnOf(decide({ annotations: { [ROLE]: 'blue' }, namespace })), `${BASE}blue`);
});

test('a namespace list allows what it names and refuses the rest', () => {
  const namespace = { [ALLOWED]: '["red*"]' };
  const settings = { namespaceRestrictions: true };
  assert.equal(arnOf(decide({ annotations: { [ROLE]: 'red-1' }, namespace }, settings)), `${BASE}red-1`);
  assert.equal(decide({ annotations: { [ROLE]: 'blue' }, namespace }, settings).refusal?.code, 'AN003');
});

test('a list that cannot be read refuses with its own code', () => {
  const namespace = { [ALLOWED]: 'red' };
  const decision = decide({ annotations: { [ROLE]: 'red' }, namespace }, { namespaceRestrictions: true });
  assert.deepEqual([decision.refusal?.code, decision.refusal?.kind], ['AN013', 'not-allowed']);
});

test('the default role is allowed in every namespace, by default and by name', () => {
  const settings = { namespaceRestrictions: true, defaultRole: 'fallback' };
  assert.equal(arnOf(decide({ namespace: {} }, settings)), `${BASE}fallback`);
  assert.equal(arnOf(decide({ annotations: { [ROLE]: `${BASE}fallback` } }, settings)), `${BASE}fallback`);
  assert.equal(arnOf(decide({ namespace: null }, settings)), `${BASE}fallback`);
});

test('an external id is handed on', () => {
  const decision = decide({ annotations: { [ROLE]: 'blue', [EXTERNAL_ID]: 'a+=,.@:/-_1' } });
  assert.equal(decision.role?.externalId, 'a+=,.@:/-_1');
});

test('a blank external id is none, as kube2iam and kiam take it', () => {
  for (const id of ['', '  ']) {
    const decision = decide({ annotations: { [ROLE]: 'blue', [EXTERNAL_ID]: id } });
    assert.deepEqual([decision.refusal, decision.role?.externalId], [null, null]);
  }
});

for (const id of ['x', 'a b', 'ab\n', 'a*b', 'x'.repeat(1225)]) {
  test(`the external id ${JSON.stringify(id.slice(0, 10))} (${id.length} characters) is refused`, () => {
    const decision = decide({ annotations: { [ROLE]: 'blue', [EXTERNAL_ID]: id } });
    assert.deepEqual([decision.refusal?.code, decision.refusal?.kind], ['TP041', 'not-allowed']);
  });
}

test('other annotation keys are read when the daemon was given them', () => {
  const settings = { roleKey: 'example.com/role', externalIdKey: 'example.com/id' };
  const decision = decide(
    {
      annotations: { 'example.com/role': 'red', 'example.com/id': 'xy', [ROLE]: 'blue', [EXTERNAL_ID]: 'no' },
    },
    settings,
  );
  assert.equal(arnOf(decision), `${BASE}red`);
  assert.equal(decision.role?.externalId, 'xy');
});

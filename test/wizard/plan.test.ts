import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Answers } from '../../src/wizard/answers.ts';
import { configText } from '../../src/wizard/config-text.ts';
import { type PlanInput, planFiles } from '../../src/wizard/plan.ts';
import fc from '../helpers/property.ts';

const BASE = 'arn:aws:iam::111122223333:role/';
const NODE = `${BASE}node`;

const answers = (roles: string[], nodes = [NODE]): Answers => ({
  role: { name: 'role', values: roles, origin: 'flag' },
  'base-role-arn': { name: 'base-role-arn', values: [BASE], origin: 'detected: account of the node role' },
  'node-role': { name: 'node-role', values: nodes, origin: 'answered' },
});
const plan = (roles: string[], rest: Partial<PlanInput> = {}) =>
  planFiles({
    answers: answers(roles),
    annotated: [],
    settings: [],
    defaultRole: null,
    manifests: {},
    ...rest,
  });
const json = (text: string | undefined) => JSON.parse(text!).Statement[0];

test('each role gets a trust policy for the nodes, and the nodes a policy for all roles', () => {
  const { files, roles, notes } = plan(['blue', 'team/red', `${BASE}blue`], {
    manifests: { 'a.yaml': 'text' },
  });
  assert.deepEqual(Object.keys(files).sort(), [
    'manifests/a.yaml',
    'pod-iam.yaml',
    'policies/node-role.json',
    'policies/trust-blue.json',
    'policies/trust-red.json',
  ]);
  assert.deepEqual(json(files['policies/node-role.json']).Resource, [`${BASE}blue`, `${BASE}team/red`]);
  assert.deepEqual(json(files['policies/trust-red.json']).Principal, { AWS: NODE });
  assert.deepEqual(roles, [
    { arn: `${BASE}blue`, externalId: null },
    { arn: `${BASE}team/red`, externalId: null },
  ]);
  assert.deepEqual(notes, []);
});

test('the default role is one of the roles', () => {
  assert.deepEqual(json(plan(['blue'], { defaultRole: 'any' }).files['policies/node-role.json']).Resource, [
    `${BASE}any`,
    `${BASE}blue`,
  ]);
});

test('roles of one name in two paths or accounts get files of their own', () => {
  const { files } = plan(['blue', 'team/blue', 'arn:aws:iam::999999999999:role/Blue']);
  assert.deepEqual(
    Object.keys(files).filter((name) => name.includes('trust')),
    [
      'policies/trust-111122223333-blue.json',
      'policies/trust-111122223333-team-blue.json',
      'policies/trust-999999999999-Blue.json',
    ],
  );
});

test('an annotation that names no role is left out, with a note', () => {
  const { roles, notes } = plan(['blue', 'bad\n']);
  assert.deepEqual(
    roles.map(({ arn }) => arn),
    [`${BASE}blue`],
  );
  assert.deepEqual(notes, ['"bad\\n" names no role, and is left out: it holds a line break']);
});

test('no role at all is a usage error', () => {
  assert.throws(() => plan(['bad\n']), { message: 'a node policy needs at least one role' });
});

const annotated = (value: string, ...externalIds: (string | null)[]) => ({
  value,
  externalIds,
  workloads: [],
});

test('the trust policy asks for the external id that all workloads carry', () => {
  const { files, roles } = plan(['blue'], {
    annotated: [annotated('blue', 'id-1', 'id-1'), annotated(`${BASE}blue`, 'id-1')],
  });
  assert.deepEqual(json(files['policies/trust-blue.json']).Condition, {
    StringEquals: { 'sts:ExternalId': 'id-1' },
  });
  assert.deepEqual(roles, [{ arn: `${BASE}blue`, externalId: 'id-1' }]);
});

test('the trust policy asks for no external id when workloads differ, with a note', () => {
  for (const ids of [
    ['id-1', 'id-2'],
    ['id-1', null],
  ]) {
    const { files, notes } = plan(['blue'], { annotated: [annotated('blue', ...ids)] });
    assert.equal(json(files['policies/trust-blue.json']).Condition, undefined);
    assert.deepEqual(notes, [
      `workloads name different external ids for ${BASE}blue, so its trust policy asks for none`,
    ]);
  }
});

test('a role that is the nodes’ own is written with a warning', () => {
  assert.match(plan(['node']).notes.join(), /is both the role and the identity of the nodes/);
});

test('pod-iam.yaml holds flags, where each came from, and roles of sessions', () => {
  const { files } = planFiles({
    answers: answers(['blue'], ['arn:aws:sts::111122223333:assumed-role/node/i-1', `${BASE}other`]),
    annotated: [],
    settings: [{ key: 'namespace-restrictions', value: true, origin: 'flag' }],
    defaultRole: null,
    manifests: {},
  });
  assert.equal(
    files['pod-iam.yaml'],
    `# Flags of pod-iam by their names. A flag on the command line and POD_IAM_<FLAG> in the environment
# come before what is said here.

# origin: detected: account of the node role
base-role-arn: arn:aws:iam::111122223333:role/

# origin: answered
node-role:
  - arn:aws:iam::111122223333:role/node
  - arn:aws:iam::111122223333:role/other

# origin: flag
namespace-restrictions: true
`,
  );
});

test('whatever a value is, YAML reads it back as it was', () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('a', ':', ' ', '#', '-', '/', '*', '1', "'", '"', '\n', '.', '@') }),
    fc.constantFrom(
      'true',
      'no',
      'null',
      '~',
      '1e3',
      '0x1f',
      '2026-01-01',
      'a: b',
      'a #b',
      'y',
      'Off',
      '.inf',
      'a:',
      '1h',
    ),
  );
  fc.assert(
    fc.property(value, fc.array(value, { minLength: 2 }), (one, many) => {
      const read = parse(
        configText([
          { key: 'one', value: one, origin: 'a\nb: c' },
          { key: 'many', value: many, origin: 'x' },
        ]),
      );
      assert.deepEqual(read, { one, many });
    }),
    { numRuns: 500 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSessionOf,
  normaliseBaseArn,
  parseArn,
  parseRoleArn,
  parseSessionArn,
  resolveRole,
} from '../../src/model/arn.ts';
import fc from '../helpers/property.ts';

const BASE = 'arn:aws:iam::123456789012:role/';
const PARTITIONS = [
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
];

const nameArbitrary = fc.stringMatching(/^[\w+=,.@-]{1,64}$/);
const segmentArbitrary = fc.stringMatching(/^[\x21-\x2e\x30-\x7e]{1,12}$/);

test('an ARN is split at its first five colons only', () => {
  assert.deepEqual(parseArn('arn:aws-cn:s3:::bucket/a:b:c'), {
    partition: 'aws-cn',
    service: 's3',
    region: '',
    account: '',
    resource: 'bucket/a:b:c',
  });
});

for (const text of [
  '',
  'arn',
  'arn:aws:iam::1',
  'arn:aws:iam::1:',
  'ARN:aws:iam::1:role/x',
  ' arn:aws:iam::1:role/x',
]) {
  test(`"${text}" is no ARN`, () => assert.equal(parseArn(text), null));
}

for (const partition of PARTITIONS) {
  test(`a role ARN of partition ${partition} is read with its path and name`, () => {
    const arn = `arn:${partition}:iam::123456789012:role/team/blue/app`;
    const role = { arn, partition, account: '123456789012', path: '/team/blue/', name: 'app' };
    assert.deepEqual(parseRoleArn(arn), role);
  });
}

const notRoles: [string, string][] = [
  ['a user', 'arn:aws:iam::123456789012:user/x'],
  ['an instance profile', 'arn:aws:iam::123456789012:instance-profile/x'],
  ['a session', 'arn:aws:sts::123456789012:assumed-role/x/y'],
  ['a region', 'arn:aws:iam:eu-west-1:123456789012:role/x'],
  ['eleven digits', 'arn:aws:iam::12345678901:role/x'],
  ['thirteen digits', 'arn:aws:iam::1234567890123:role/x'],
  ['letters for an account', 'arn:aws:iam::12345678901a:role/x'],
  ['an unknown partition', 'arn:azure:iam::123456789012:role/x'],
  ['an upper-case partition', 'arn:AWS:iam::123456789012:role/x'],
  ['no name', 'arn:aws:iam::123456789012:role/'],
  ['a path without a name', 'arn:aws:iam::123456789012:role/team/'],
  ['an empty part in the path', 'arn:aws:iam::123456789012:role/a//b'],
  ['a name of 65 characters', `${BASE}${'x'.repeat(65)}`],
  ['a path of more than 512 characters', `${BASE}${'x'.repeat(511)}/y`],
  ['a line end behind it', `${BASE}x\n`],
  ['a line end in its path', `${BASE}a\nb/x`],
  ['a space', `${BASE}a b`],
  ['a letter beyond ASCII', `${BASE}rôle`],
  ['a wildcard', `${BASE}*`],
];
for (const [what, arn] of notRoles) {
  test(`${what} makes no role ARN`, () => assert.equal(parseRoleArn(arn), null));
}

test('a name of 64 characters behind a path of 512 is a role ARN', () => {
  assert.equal(parseRoleArn(`${BASE}${'p'.repeat(510)}/${'n'.repeat(64)}`)?.path.length, 512);
});

test('every role ARN that IAM can name is read back as it was written', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PARTITIONS),
      fc.stringMatching(/^\d{12}$/),
      fc.array(segmentArbitrary, { maxLength: 4 }),
      nameArbitrary,
      (partition, account, segments, name) => {
        const path = ['', ...segments, ''].join('/');
        const role = parseRoleArn(`arn:${partition}:iam::${account}:role${path}${name}`);
        assert.deepEqual(role && [role.partition, role.account, role.path, role.name], [
          partition,
          account,
          path,
          name,
        ]);
      },
    ),
  );
});

test('no text at all makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const read of [parseArn, parseRoleArn, parseSessionArn, normaliseBaseArn]) read(text);
      resolveRole(text, BASE);
    }),
  );
});

test('a session ARN gives its role without a path', () => {
  assert.deepEqual(parseSessionArn('arn:aws:sts::123456789012:assumed-role/app/apps.web-1'), {
    partition: 'aws',
    account: '123456789012',
    roleName: 'app',
    sessionName: 'apps.web-1',
  });
});

for (const arn of [
  'arn:aws:sts::123456789012:assumed-role/app',
  'arn:aws:sts::123456789012:assumed-role/a/b/c',
  'arn:aws:sts::123456789012:federated-user/app',
  'arn:aws:iam::123456789012:assumed-role/a/b',
]) {
  test(`${arn} is no session of a role`, () => assert.equal(parseSessionArn(arn), null));
}

test('a session belongs to the role of its name, account and partition, whatever its path', () => {
  const role = parseRoleArn('arn:aws:iam::123456789012:role/team/app')!;
  const session = (partition: string, account: string, name: string): string =>
    `arn:${partition}:sts::${account}:assumed-role/${name}/s`;
  assert.equal(isSessionOf(session('aws', '123456789012', 'app'), role), true);
  assert.equal(isSessionOf(session('aws', '123456789012', 'app2'), role), false);
  assert.equal(isSessionOf(session('aws', '999999999999', 'app'), role), false);
  assert.equal(isSessionOf(session('aws-cn', '123456789012', 'app'), role), false);
  assert.equal(isSessionOf(role.arn, role), false);
});

const bases: [string, string | null][] = [
  ['arn:aws:iam::123456789012:role/', 'arn:aws:iam::123456789012:role/'],
  ['arn:aws:iam::123456789012:role', 'arn:aws:iam::123456789012:role/'],
  ['arn:aws:iam::123456789012:role/team', 'arn:aws:iam::123456789012:role/team/'],
  ['arn:aws-cn:iam::123456789012:role/my-role', 'arn:aws-cn:iam::123456789012:role/my-role/'],
  ['arn:aws:iam::123456789012:role/a+b=c,d@e/', 'arn:aws:iam::123456789012:role/a+b=c,d@e/'],
  ['not-an-arn', null],
  ['', null],
  ['arn:aws:iam::123456789012:user/my-user', null],
  ['arn:aws:iam::123456789012:', null],
];
for (const [text, expected] of bases) {
  test(`"${text}" as a base ARN is ${expected ?? 'refused'}`, () =>
    assert.equal(normaliseBaseArn(text), expected));
}

const resolved: [string, string][] = [
  ['my-role', `${BASE}my-role`],
  ['/my-role', `${BASE}my-role`],
  ['team/blue', `${BASE}team/blue`],
  ['/team/blue', `${BASE}team/blue`],
  ['arn:aws:iam::999999999999:role/other', 'arn:aws:iam::999999999999:role/other'],
  ['arn:aws-us-gov:iam::999999999999:role/p/other', 'arn:aws-us-gov:iam::999999999999:role/p/other'],
];
for (const [value, arn] of resolved) {
  test(`"${value}" is the role ${arn}`, () => {
    const result = resolveRole(value, BASE);
    assert.equal(result.ok && result.role.arn, arn);
  });
}

test('an ARN needs no base ARN, and a bare name does', () => {
  assert.equal(resolveRole('arn:aws:iam::999999999999:role/other', null).ok, true);
  assert.deepEqual(resolveRole('blue', null), {
    ok: false,
    why: 'it is a bare name and no base ARN is known (--base-role-arn)',
  });
});

const faults: [string, string][] = [
  ['', 'it is empty'],
  ['blue\n', 'it holds a line break'],
  ['blue ', 'it holds white space'],
  ['a\tb', 'it holds white space'],
  ['\u00a0blue', 'it holds white space'],
  ['"blue"', 'it holds quotation marks'],
  ["'blue'", 'it holds quotation marks'],
  ['../blue', 'its path holds a "." or ".." of its own'],
  ['arn:aws:iam::123456789012:role/team/./blue', 'its path holds a "." or ".." of its own'],
  ['blue*', '"blue*" is not a role name: letters, digits and +=,.@_- only, 64 at most'],
  ['/', '"/" is not a role name: letters, digits and +=,.@_- only, 64 at most'],
  ['team/', '"team/" is not a role name: letters, digits and +=,.@_- only, 64 at most'],
  ['bl\u200bue', '"bl\u200bue" is not a role name: letters, digits and +=,.@_- only, 64 at most'],
  ['arn:aws:iam::1', 'it is not the ARN of an IAM role: an ARN has six parts divided by colons'],
  [
    'ARN:aws:iam::123456789012:role/x',
    'it is not the ARN of an IAM role: an ARN starts with "arn:" in lower case',
  ],
  ['arn:azure:iam::123456789012:role/x', 'it is not the ARN of an IAM role: there is no partition "azure"'],
  [
    'arn:aws:sts::123456789012:assumed-role/a/b',
    'it is not the ARN of an IAM role: its service is "sts", not "iam"',
  ],
  ['arn:aws:iam:eu-west-1:123456789012:role/x', 'it is not the ARN of an IAM role: IAM ARNs name no region'],
  ['arn:aws:iam::1234:role/x', 'it is not the ARN of an IAM role: its account "1234" is not 12 digits'],
  [
    'arn:aws:iam::123456789012:instance-profile/x',
    'it is not the ARN of an IAM role: an instance profile is not a role; use the role inside it',
  ],
  ['arn:aws:iam::123456789012:user/x', 'it is not the ARN of an IAM role: it names "user", not a role'],
  [
    'arn:aws:iam::123456789012:role/p/',
    'it is not the ARN of an IAM role: it ends in a slash, where the role name should be',
  ],
  [
    `${BASE}${'x'.repeat(65)}`,
    'it is not the ARN of an IAM role: its role name is longer than 64 characters',
  ],
  [
    `${BASE}a*`,
    'it is not the ARN of an IAM role: its role name or path holds characters that IAM does not allow',
  ],
];
for (const [value, why] of faults) {
  test(`${JSON.stringify(value)} is refused because ${why}`, () =>
    assert.deepEqual(resolveRole(value, BASE), { ok: false, why }));
}

test('whatever is resolved is a role ARN under the base or the very ARN that was given', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), nameArbitrary, fc.constant(`${BASE}x`)), (value) => {
      const result = resolveRole(value, BASE);
      if (!result.ok) return;
      assert.equal(parseRoleArn(result.role.arn)?.arn, result.role.arn);
      assert.ok(result.role.arn === value || result.role.arn.startsWith(BASE));
    }),
  );
});

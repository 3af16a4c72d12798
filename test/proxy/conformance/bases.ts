// Base ARNs: which are taken, and which are discovered.
import { normaliseBaseArn } from '../../../src/model/arn.ts';
import { DEFAULT_SETTINGS } from '../../../src/model/role.ts';
import { discoveredRoles } from '../../../src/proxy/discovered-roles.ts';
import { type Area, row } from './case.ts';

const BASE = 'arn:aws:iam::123456789012:role/';

const based = (base: string, kube2iam: string, why: string | null = null) =>
  row(
    `\`--base-role-arn=${base}\``,
    { kube2iam },
    why === null ? kube2iam : kube2iam === 'taken' ? 'refused' : 'taken',
    () => (normaliseBaseArn(base) === null ? 'refused' : 'taken'),
    why,
  );

const found = (role: string, account: string, partition = 'aws') =>
  discoveredRoles(
    { roles: DEFAULT_SETTINGS, discoverBaseArn: true, discoverDefaultRole: true },
    { partition, account, roleName: role },
  );

export const bases: Area = {
  title: 'The base ARN',
  cases: [
    based('arn:aws:iam::123456789012:role/', 'taken'),
    based('arn:aws:iam::123456789012:role', 'taken'),
    based('arn:aws:iam::123456789012:role/my-role', 'taken'),
    based('arn:aws:iam::123456789012:role/my/path/', 'taken'),
    based('arn:aws-cn:iam::123456789012:role/my-role', 'taken'),
    based('arn:aws-us-gov:iam::123456789012:role/', 'taken'),
    based('not-an-arn', 'refused'),
    based('arn:aws:iam::123456789012:user/my-user', 'refused'),
    based('arn:aws:iam::12345:role/', 'taken', 'an account id has 12 digits; STS would refuse every role'),
    based('arn:aws:iam::123456789012:role/my.role', 'taken'),
    based('arn:aws:iam::123456789012:role/path/to/role', 'taken'),
    based('arn:aws:iam:us-east-1:123456789012:role/my-role', 'refused'),
    based('arn:aws:iam::123456789012::role/path', 'refused'),
    based('arn:aws:iam:::role', 'refused'),
    based('arn:aws:iam::123456789012:role/$', 'refused', 'IAM allows every printable character in a path'),
    based(
      'arn:aws:iam::123456789012:role-part',
      'taken',
      'what is put behind it makes no ARN of a role; STS would refuse it',
    ),
    based('arn:aws:s3:::bucket', 'refused'),
    based('arn:aws:iam::123456789012:role/a+b=c,d@e/', 'refused', 'IAM allows these characters in a path'),
    row(
      'discovered on an instance with a role',
      { kube2iam: `${BASE}`, kiam: `${BASE}` },
      BASE,
      () => found('node', '123456789012').baseRoleArn!,
    ),
    row(
      'discovered in China',
      { kube2iam: 'arn:aws-cn:iam::123456789012:role/' },
      'arn:aws-cn:iam::123456789012:role/',
      () => found('node', '123456789012', 'aws-cn').baseRoleArn!,
    ),
    row(
      'discovered in an isolated region',
      { kube2iam: 'arn:aws-iso:iam::123456789012:role/' },
      'arn:aws-iso:iam::123456789012:role/',
      () => found('node', '123456789012', 'aws-iso').baseRoleArn!,
    ),
    row(
      'default role discovered',
      { kube2iam: 'the role of the instance' },
      'node',
      () => found('node', '123456789012').defaultRole!,
    ),
  ],
};

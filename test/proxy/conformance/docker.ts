// metadataproxy's forms of a role.
import { DEFAULT_SETTINGS, resolveWith } from '../../../src/model/role.ts';
import { type Area, row } from './case.ts';

const settings = {
  ...DEFAULT_SETTINGS,
  baseRoleArn: 'arn:aws:iam::111122223333:role/',
  accounts: { partition: 'aws', byName: { prod: '012345678910' } },
};
const form = (said: string, metadataproxy: string, ours: string, why: string | null = null) =>
  row(
    `\`IAM_ROLE=${said}\``,
    { metadataproxy },
    ours,
    () => {
      const resolved = resolveWith(settings, said);
      return resolved.ok ? resolved.role.arn : `refused: ${resolved.why}`;
    },
    why,
  );

export const roleFormats: Area = {
  title: 'A role in a Docker container',
  cases: [
    form('my-role', 'my-role of the default account', 'arn:aws:iam::111122223333:role/my-role'),
    form('my-role@012345678910', 'my-role of account 012345678910', 'arn:aws:iam::012345678910:role/my-role'),
    form(
      'my-role@prod',
      'my-role of the account that AWS_ACCOUNT_MAP calls prod',
      'arn:aws:iam::012345678910:role/my-role',
    ),
    form('p/my-role@prod', 'p/my-role of that account', 'arn:aws:iam::012345678910:role/p/my-role'),
    form(
      'arn:aws:iam::012345678910:role/p/my-role',
      'p/my-role of account 012345678910',
      'arn:aws:iam::012345678910:role/p/my-role',
    ),
    form(
      'arn:aws-cn:iam::012345678910:role/my-role',
      'not understood',
      'arn:aws-cn:iam::012345678910:role/my-role',
      'every partition',
    ),
    form(
      'my-role@unknown',
      'an ARN with the account "unknown", which STS refuses',
      'refused: its account "unknown" is neither 12 digits nor a name in AWS_ACCOUNT_MAP (prod)',
      'with the reason',
    ),
  ],
};

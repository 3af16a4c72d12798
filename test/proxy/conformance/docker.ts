// metadataproxy's forms of a role.
import { readDockerRole } from '../../../src/model/docker-role.ts';
import { type Area, row } from './case.ts';

const accounts = { partition: 'aws', byName: { prod: '012345678910' } };
const form = (said: string, metadataproxy: string, ours: string, why: string | null = null) =>
  row(
    `\`IAM_ROLE=${said}\``,
    { metadataproxy },
    ours,
    () => {
      const { role, fault } = readDockerRole(said, accounts);
      return role ?? `refused: ${fault}`;
    },
    why,
  );

export const roleFormats: Area = {
  title: 'A role in a Docker container',
  cases: [
    form('my-role', 'my-role of the default account', 'my-role'),
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
      'an error',
      'refused: "my-role@unknown" names the account "unknown", which is neither 12 digits nor one of AWS_ACCOUNT_MAP (prod)',
      'with the reason',
    ),
  ],
};

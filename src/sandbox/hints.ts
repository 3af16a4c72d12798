// What to type to use the sandbox.
import { BASE_ROLE_ARN, REGION } from './account.ts';
import { UNSET } from './client-files.ts';
import type { World } from './world.ts';

/** For a POSIX shell; the values hold no secret. */
export const exportLines = ({ environment }: Pick<World, 'environment'>): string[] => [
  `unset ${UNSET.join(' ')}`,
  ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoteWord(value)}`),
];

export const installWords = (stsUrl: string): string[] => [
  'install',
  '--yes',
  `--base-role-arn=${BASE_ROLE_ARN}`,
  `--sts-endpoint=${stsUrl}`,
  `--region=${REGION}`,
];

export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

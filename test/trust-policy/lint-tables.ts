// The rows of `table/lint`, each a document with exactly the codes that it breaks.
import { parseRoleArn } from '../../src/model/arn.ts';
import type { Status } from '../../src/model/finding.ts';
import type { CheckOptions } from '../../src/trust-policy/rule.ts';
import { type Json, LIVE } from './helpers.ts';
import { readTables } from './table/names.ts';

interface Row {
  name: string;
  /** A document, or the text of what is none, with blanks behind it. */
  document?: Json;
  text?: string;
  blanks?: number;
  options?: Partial<Omit<CheckOptions, 'role' | 'live'>> & {
    role?: string;
    live?: 'known' | 'providers unknown';
  };
  /** The finding whose place and words are held as well. */
  finding?: { code: string; status: Status; pointer: string };
  codes: string[];
  /** A page of AWS, when it is not the file's. */
  basis?: string;
}

export interface LintCase extends Pick<Row, 'name' | 'finding' | 'codes'> {
  theme: string;
  basis: string;
  text: string;
  options: Partial<CheckOptions>;
}

export const lintCases: readonly LintCase[] = readTables<{ basis: string; rows: Row[] }>('lint').flatMap(
  ([theme, table]) =>
    table.rows.map(({ options, text, document, blanks, ...row }) => ({
      ...row,
      theme,
      basis: row.basis ?? table.basis,
      text: (text ?? JSON.stringify(document, null, 2)) + ' '.repeat(blanks ?? 0),
      options: optionsOf(options ?? {}),
    })),
);

function optionsOf({ role, live, ...rest }: NonNullable<Row['options']>): Partial<CheckOptions> {
  const oidcProviders = { state: 'unknown', why: 'denied', from: '', grant: null } as const;
  return {
    ...rest,
    ...(role === undefined ? {} : { role: parseRoleArn(role) }),
    ...(live === undefined ? {} : { live: live === 'known' ? LIVE : { ...LIVE, oidcProviders } }),
  };
}

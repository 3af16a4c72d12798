// What `trust-policy apply` was asked to write, and what it tells when it is done.
import { usageProblem } from '../model/problem.ts';
import type { LivePlan, Wanted } from './apply.ts';
import { readPolicyText } from './input.ts';

export interface ApplyWords {
  'node-role'?: string[] | undefined;
  'external-id'?: string | undefined;
  /** A whole document; `-` is stdin. */
  file?: string | undefined;
}

/** Throws a usage Problem unless exactly one of both is asked for. */
export async function readWanted(
  words: ApplyWords,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<Wanted> {
  const { file } = words;
  const identities = words['node-role'] ?? [];
  if ((file === undefined) === (identities.length === 0))
    throw usageProblem({
      code: 'USAGE',
      what: 'say what to write: --node-role ARN or --file FILE, one of them',
    });
  if (file === undefined) return { identities, externalId: words['external-id'] ?? null };
  const { name, text, fault } = await readPolicyText(file, stdin);
  if (fault !== null) throw usageProblem({ code: 'BAD_POLICY', what: `${name} is no policy: ${fault}` });
  return { document: text };
}

export interface ApplyOutcome {
  role: string;
  changed: boolean;
  dryRun: boolean;
  added: string[];
  removed: string[];
  notes: string[];
  /** Where the old document is; null when nothing was written. */
  backup: string | null;
  document: string;
}

export function outcomeOf(plan: LivePlan, dryRun: boolean, backup: string | null): ApplyOutcome {
  const { role, changed, added, removed, notes, document } = plan;
  return { role: role.arn, changed, dryRun, added, removed, notes, backup, document };
}

/** What changes, in words, one line each. */
export const changeLines = ({ added, removed, notes }: LivePlan): string[] => [
  ...removed.map((line) => `- ${line}`),
  ...added.map((line) => `+ ${line}`),
  ...notes.map((line) => `Note: ${line}`),
];

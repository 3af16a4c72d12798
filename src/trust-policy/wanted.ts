// What `trust-policy apply` was asked to write, and what it tells when it is done.

import { usageProblem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';
import { visible } from '../model/visible.ts';
import { readPolicyText } from './input.ts';
import type { LivePlan, Wanted } from './plan-live.ts';
import type { Proof } from './proof.ts';

export interface ApplyWords {
  'node-role'?: string[] | undefined;
  'external-id'?: string | undefined;
  /** A whole document; `-` is stdin. */
  file?: string | undefined;
  'allow-removals'?: boolean | undefined;
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
      next: 'pod-iam trust-policy apply --role ROLE --node-role ARN, or --file FILE',
    });
  const externalId = words['external-id'] ?? null;
  if (file === undefined) return { identities, externalId };
  const { name, text, fault } = await readPolicyText(file, stdin);
  if (fault !== null)
    throw usageProblem({
      code: 'BAD_POLICY',
      what: `${name} is no policy: ${fault}`,
      next: `pod-iam trust-policy check ${quote(file)}`,
    });
  return { document: text, mayRemove: words['allow-removals'] ?? false, externalId };
}

export interface ApplyOutcome {
  role: string;
  changed: boolean;
  dryRun: boolean;
  added: string[];
  removed: string[];
  notes: string[];
  /** Who gets in that did not before, in plain words. */
  widening: string[];
  /** Where the old document is; null when nothing was written. */
  backup: string | null;
  document: string;
  /** Whether an actual AssumeRole showed it; null when nothing was to be proven. */
  proof: Proof | null;
}

/** What `trust-policy apply` prints as JSON. */
export function outcomeOf(
  plan: LivePlan,
  { dryRun = false, backup = null, proof = null }: Partial<Pick<ApplyOutcome, 'dryRun' | 'backup' | 'proof'>>,
): ApplyOutcome {
  const { role, changed, added, removed, notes, widening, document } = plan;
  return { role: role.arn, changed, dryRun, added, removed, notes, widening, backup, document, proof };
}

/** What changes, in words, one line each. */
export const changeLines = ({ changed, added, removed, notes, widening }: LivePlan): string[] =>
  [
    ...removed.map((line) => `- ${line}`),
    ...added.map((line) => `+ ${line}`),
    ...(changed ? wider(widening) : []),
    ...notes.map((line) => `Note: ${line}`),
  ].map((line) => visible(line));

const wider = (widening: readonly string[]): string[] =>
  widening.length === 0 ? ['In short: nobody new gets in.'] : widening.map((line) => `In short: ${line}.`);

/** What was proven, or why nothing was and what proves it. */
export const proofLines = (proof: Proof): string[] => linesOf(proof).map((line) => visible(line));

function linesOf({ outcome, because, control, command }: Proof): string[] {
  const shown = '  IAM shows the document; STS as a rule heeds it within seconds.';
  switch (outcome) {
    case 'proven':
      return [`Proven: ${because} (${control})`];
    case 'narrowed':
      return [
        `Nothing that a session could show: ${because}`,
        shown,
        `  Whom it shuts out is refused now: ${command}`,
        '  Credentials of those, given before such a change, prove it (--prove-as PROFILE)',
      ];
    case 'not-in-force':
      return [`Not in force: ${because}`, `  To try it again, with the same credentials: ${command}`];
    case 'not-proven':
      return [
        `Not proven: ${because}`,
        shown,
        `  To prove it, with the credentials of those it lets in: ${command}`,
        '  or give such a profile of yours (--prove-as PROFILE); from pods: pod-iam verify',
      ];
  }
}

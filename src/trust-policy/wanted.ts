// What `trust-policy apply` was asked to write, and what it tells when it is done.

import { usageProblem } from '../model/problem.ts';
import { visible } from '../model/visible.ts';
import { readPolicyText } from './input.ts';
import type { LivePlan, Wanted } from './plan-live.ts';
import type { Proof } from './prove.ts';

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
      next: 'pod-iam trust-policy apply ROLE --node-role ARN, or --file FILE',
    });
  const externalId = words['external-id'] ?? null;
  if (file === undefined) return { identities, externalId };
  const { name, text, fault } = await readPolicyText(file, stdin);
  if (fault !== null)
    throw usageProblem({
      code: 'BAD_POLICY',
      what: `${name} is no policy: ${fault}`,
      next: `pod-iam trust-policy check ${name}`,
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
export function proofLines({ outcome, because, control, command }: Proof): string[] {
  if (outcome === 'proven') return [visible(`Proven: ${because} (${control})`)];
  return [
    `${outcome === 'refused' ? 'Not in force' : 'Not proven'}: ${because}`,
    ...(outcome === 'refused' ? [] : ['  IAM shows the document; STS as a rule heeds it within seconds.']),
    `  To prove it, with the credentials of those it lets in: ${command}`,
    '  or give such a profile of yours (--prove-as PROFILE); from pods: pod-iam verify',
  ].map((line) => visible(line));
}

// What one trust policy allows or denies and another does not, by meaning and in sentences.

import type { Policy } from '../model/policy.ts';
import { visible } from '../model/visible.ts';
import { type Grant, grantsOf, isCovered, keyOf } from './grants.ts';

export interface TrustDiff {
  isEqual: boolean;
  /** True when the second lets anyone in whom the first does not, as far as the texts tell. */
  isWider: boolean;
  /** In the second only, one sentence each. */
  added: string[];
  /** In the first only. */
  removed: string[];
}

/** Compares what two policies grant, whatever their order and form. */
export function diffTrust(before: Policy, after: Policy): TrustDiff {
  const old = new Map(grantsOf(before).map((grant) => [keyOf(grant), grant]));
  const young = new Map(grantsOf(after).map((grant) => [keyOf(grant), grant]));
  const added = [...young].filter(([key]) => !old.has(key)).map(([, grant]) => grant);
  const removed = [...old].filter(([key]) => !young.has(key)).map(([, grant]) => grant);
  const versionText = versionWords(before, after);
  return {
    isEqual: added.length + removed.length + versionText.length === 0,
    isWider:
      versionText.length > 0 ||
      added.some((grant) => grant.effect === 'Allow' && !isCovered(grant, [...old.values()])) ||
      removed.some((grant) => grant.effect === 'Deny' && !isCovered(grant, [...young.values()])),
    added: [...added.map(sentence), ...versionText],
    removed: removed.map(sentence),
  };
}

/** `arn:… may call sts:AssumeRole, if StringEquals sts:ExternalId: blue`. */
export function sentence({ effect, principal, action, conditionLines }: Grant): string {
  const who = principal.replace(/^\w+ /, '');
  const verb = effect === 'Allow' ? 'may call' : 'is denied';
  const conditions = conditionLines.length === 0 ? '' : `, if ${conditionLines.join(' and ')}`;
  return `${who === '*' ? 'anyone in any account' : who} ${verb} ${action}${conditions}`;
}

/** How the second reads variables, where both use some and the first reads them otherwise; else empty. */
export function versionWords(before: Policy, after: Policy): string[] {
  const [old, young] = [variablesVersion(before), variablesVersion(after)];
  if (old === null || young === null || old === young) return [];
  const read = young === '2012-10-17' ? 'filled in' : 'plain text';
  return [`policy variables such as \${aws:username} are ${read} (Version ${young})`];
}

/** Null for a document that uses no variables, to which the version does not matter. */
function variablesVersion(policy: Policy): string | null {
  const usesVariables = policy.statements.some(({ conditions }) =>
    conditions.some(({ values }) => values.some(({ text }) => text.includes('${'))),
  );
  return usesVariables ? (policy.version?.text ?? '2008-10-17') : null;
}

export function renderDiff({ isEqual, isWider, added, removed }: TrustDiff): string {
  if (isEqual) return 'Both mean the same.';
  const verdict = isWider ? 'The second lets in more than the first.' : 'The second lets in nobody new.';
  return [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`), verdict]
    .map((line) => visible(line))
    .join('\n');
}

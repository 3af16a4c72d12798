// Who gets in by a change of a trust policy who did not before, in words that need no knowledge of IAM.
import type { Policy, PrincipalKind, Statement } from '../model/policy.ts';
import { conditionWords } from './condition-words.ts';
import { grantsOf, grantsOfStatement, keyOf } from './grants.ts';
import { joined } from './rules/shared.ts';
import { principalWords, statementName } from './words.ts';

/**
 * One sentence for each statement that lets more in, or that no longer keeps somebody out; empty when
 * nobody new gets in, as far as the texts tell.
 * @param before null when the old document could not be read: then all is new
 */
export function wideningWords(before: Policy | null, after: Policy, role: string): string[] {
  const old = new Set((before === null ? [] : grantsOf(before)).map(keyOf));
  const young = new Set(grantsOf(after).map(keyOf));
  const opened = after.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => openedBy(statement, old, role));
  const freed = (before?.statements ?? [])
    .filter(
      (statement) =>
        statement.effect === 'Deny' && grantsOfStatement(statement).some((grant) => !young.has(keyOf(grant))),
    )
    .map(
      (statement) =>
        `${statementName(statement)} no longer keeps ${joined(statement.principals.map(principalWords))} out`,
    );
  return [...opened, ...freed];
}

function openedBy(statement: Statement, old: ReadonlySet<string>, role: string): string[] {
  const principals = statement.principals.filter((principal) =>
    grantsOfStatement({ ...statement, principals: [principal] }).some((grant) => !old.has(keyOf(grant))),
  );
  if (principals.length === 0) return [];
  const conditions = statement.conditions.map(conditionWords);
  const tail = conditions.length === 0 ? '' : `, if ${conditions.join(', and ')}`;
  const reach = [...new Set(principals.map(({ names }) => REACH[names.kind] ?? ''))].filter(Boolean);
  const means = reach.length === 0 ? '' : `: ${reach.join('; ')}`;
  return [`${joined(principals.map(principalWords))} may now become ${role}${tail}${means}`];
}

/** What is easily overlooked of a principal. */
const REACH: Partial<Record<PrincipalKind['kind'], string>> = {
  role: "where it is the nodes' role, that is the proxy, and every process that reaches the node's credentials",
  account: 'whoever writes policies in that account decides who',
  everyone: 'the conditions alone keep strangers out',
  oidc: 'each pod that may use the service account',
};

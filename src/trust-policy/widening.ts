// Who gets in by a change of a trust policy who did not before, in words that need no knowledge of IAM.
import type { Policy, Principal, PrincipalKind, Statement } from '../model/policy.ts';
import { conditionsWords } from './condition-words.ts';
import { versionWords } from './diff.ts';
import { type Grant, grantsOf, grantsOfStatement, isCovered } from './grants.ts';
import { isKubernetes } from './rules/tokens.ts';
import { principalsWords, statementName } from './words.ts';

/**
 * One sentence for each statement that lets more in, or that no longer keeps somebody out; empty when
 * nobody new gets in, as far as the texts tell.
 * @param before null when the old document could not be read: then all is new
 */
export function wideningWords(before: Policy | null, after: Policy, role: string): string[] {
  const old = before === null ? [] : grantsOf(before);
  const young = grantsOf(after);
  const opened = after.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => openedBy(statement, old, role));
  const freed = (before?.statements ?? [])
    .filter(
      (statement) =>
        statement.effect === 'Deny' && grantsOfStatement(statement).some((grant) => !isCovered(grant, young)),
    )
    .map(
      (statement) =>
        `${statementName(statement)} no longer keeps ${principalsWords(statement.principals)} out`,
    );
  const read = before === null ? [] : versionWords(before, after);
  return [...opened, ...freed, ...read.map((words) => `${words} now, so that others may fit them`)];
}

function openedBy(statement: Statement, old: readonly Grant[], role: string): string[] {
  const principals = statement.principals.filter((principal) =>
    grantsOfStatement({ ...statement, principals: [principal] }).some((grant) => !isCovered(grant, old)),
  );
  if (principals.length === 0) return [];
  const conditions = conditionsWords(statement.conditions);
  const tail = conditions.length === 0 ? '' : `, if ${conditions.join(', and ')}`;
  const reach = [...new Set(principals.map((principal) => reachOf(principal, statement)))].filter(Boolean);
  const means = reach.length === 0 ? '' : `: ${reach.join('; ')}`;
  return [`${principalsWords(principals)} may now become ${role}${tail}${means}`];
}

/** What is easily overlooked of a principal; empty for nothing. */
function reachOf({ names, ...principal }: Principal, statement: Statement): string {
  if (names.kind !== 'oidc') return REACH[names.kind] ?? '';
  return isKubernetes({ ...principal, names }, statement)
    ? 'each pod that may use the service account'
    : 'whoever gets such a token from the issuer';
}

const REACH: Partial<Record<PrincipalKind['kind'], string>> = {
  role: "where it is the nodes' role, that is the proxy, and every process that reaches the node's credentials",
  account: 'whoever writes policies in that account decides who',
  everyone: 'the conditions alone keep strangers out',
};

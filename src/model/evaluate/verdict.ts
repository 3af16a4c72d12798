// Joins what the statements and the caller's own side say into one answer, and puts it into a sentence.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { Statement } from '../policy/types.ts';
import type { IdentitySide } from './identity.ts';
import type { Route } from './match-principal.ts';
import type { TrustMatch } from './statement.ts';
import { allOf, anyOf, not, type Truth } from './truth.ts';

export type StatementMatch = TrustMatch & { statement: Statement };

export interface Verdict {
  decision: Truth;
  matches: readonly StatementMatch[];
  identity: IdentitySide;
  isCrossAccount: boolean;
  /** By what the trust policy lets the caller in for sure; null when it does not. */
  route: Route | null;
}

/**
 * Inside an account an Allow that means the caller itself is enough, and one that means its account
 * needs the caller's own side, too. Across accounts both sides are needed always. A Deny of any side wins.
 */
export function decide(
  matches: readonly StatementMatch[],
  identity: IdentitySide,
  isCrossAccount: boolean,
): Verdict {
  const allows = matches.filter(isAllow);
  const direct = anyOf(allows.map((match) => match.direct));
  const delegated = anyOf(allows.map((match) => match.delegated));
  const granted = isCrossAccount
    ? allOf([anyOf([direct, delegated]), identity.allows])
    : anyOf([direct, allOf([delegated, identity.allows])]);
  const denied = anyOf(matches.filter((match) => !isAllow(match)).map(({ matched }) => matched));
  const by =
    allows.find((match) => match.direct === true) ?? allows.find((match) => match.delegated === true);
  return {
    decision: allOf([not(denied), not(identity.denies), granted]),
    matches,
    identity,
    isCrossAccount,
    route: by?.route ?? null,
  };
}

/** What was asked, in the words of the sentence. */
export interface Asked {
  caller: string;
  action: string;
  /** Null when it is not known. */
  role: string | null;
}

export interface Explained {
  decision: 'allow' | 'deny' | 'unknown';
  because: string;
  needs: string[];
}

export function explainVerdict(verdict: Verdict, asked: Asked): Explained {
  if (verdict.decision === 'unknown') return explainUnknown(verdict, asked);
  return verdict.decision ? explainAllow(verdict) : explainDeny(verdict, asked);
}

function explainAllow({ matches, isCrossAccount, route }: Verdict): Explained {
  const by = matches.find((match) => isAllow(match) && match.matched === true && match.route === route)!;
  const tail = isCrossAccount || route === 'account' ? ", and the caller's own policies allow it" : '';
  return { decision: 'allow', because: `${nameOf(by)} allows it: ${by.why}${tail}`, needs: [] };
}

function explainDeny({ matches, identity, isCrossAccount }: Verdict, asked: Asked): Explained {
  const deny = (because: string, needs: string[] = []): Explained => ({ decision: 'deny', because, needs });
  const denying = matches.find((match) => !isAllow(match) && match.matched === true);
  if (denying) return deny(`${nameOf(denying)} denies it, and a Deny wins: ${denying.why}`);
  if (identity.denies === true) return deny("a Deny in the caller's own policies matches, and a Deny wins");
  if (!matches.some((match) => isAllow(match) && match.matched !== false))
    return deny(refusal(matches, asked));
  const because = isCrossAccount
    ? "the role is in another account, so both sides must allow it, and the caller's own policies do not"
    : "the trust policy only delegates to the caller's account, and the caller's own policies do not allow it";
  return deny(because, [ownGrant(asked)]);
}

function explainUnknown({ matches, identity, isCrossAccount }: Verdict, asked: Asked): Explained {
  const open = matches.filter((match) => match.needs.length > 0);
  const needs = [...open.flatMap((match) => match.needs), ...identity.needs];
  const isDirect = open.some((match) => isAllow(match) && match.direct !== false);
  if (identity.allows === false && (isCrossAccount || !isDirect)) needs.push(ownGrant(asked));
  const by = open.find((match) => !isAllow(match)) ?? open[0];
  const because = by
    ? `${nameOf(by)} ${isAllow(by) ? 'allows' : 'may deny'} it only under what is not known here: ${by.why}`
    : "the caller's own policies hang on what is not known here";
  return { decision: 'unknown', because, needs: [...new Set(needs)] };
}

const ownGrant = ({ action, role }: Asked): string =>
  `a policy of the caller that allows ${action} on ${role ?? 'the role'}`;

function refusal(matches: readonly StatementMatch[], { caller, action }: Asked): string {
  const allows = matches.filter(isAllow);
  if (allows.length === 0) return 'no statement allows anything';
  if (allows.length === 1) return `${nameOf(allows[0]!)} does not match: ${allows[0]!.why}`;
  const near = allows.find(({ why }) => why.includes(', but ')) ?? null;
  const tail = near ? `; the nearest is ${nameOf(near)}: ${near.why}` : '';
  return `none of the ${allows.length} statements that allow something matches ${caller} and ${action}${tail}`;
}

const isAllow = ({ statement }: StatementMatch): boolean => statement.effect === 'Allow';

const nameOf = ({ statement: { index, sid } }: StatementMatch): string =>
  sid?.text ? `statement ${index} (${sid.text})` : `statement ${index}`;

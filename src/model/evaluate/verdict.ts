// Joins what the statements of the trust policy and the caller's own side say into one answer.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
import type { Statement } from '../policy/types.ts';
import type { CallerSide } from './identity.ts';
import type { Means, Route } from './match-principal.ts';
import type { TrustMatch } from './statement.ts';
import { allOf, anyOf, not, type Truth } from './truth.ts';

export type StatementMatch = TrustMatch & { statement: Statement };

export interface Verdict {
  decision: Truth;
  matches: readonly StatementMatch[];
  side: CallerSide;
  isCrossAccount: boolean;
  /** By what the trust policy lets the caller in for sure; null when it does not. */
  route: Route | null;
}

/**
 * Inside an account an Allow that means the caller itself is enough; one that means its role holds within
 * the role's permissions boundary and session policies; and one that means its account needs the
 * caller's own policies, too. Across accounts all of them are needed always. A Deny of any side wins.
 */
export function decide(
  matches: readonly StatementMatch[],
  side: CallerSide,
  isCrossAccount: boolean,
): Verdict {
  const [direct, asRole, delegated] = MEANS.map((means) =>
    anyOf(matches.filter(isAllow).map((match) => match[means])),
  ) as [Truth, Truth, Truth];
  const limits = allOf([side.boundary.allows, side.session.allows]);
  const own = allOf([side.identity.allows, limits]);
  const granted = isCrossAccount
    ? allOf([anyOf([direct, asRole, delegated]), own])
    : anyOf([direct, allOf([asRole, limits]), allOf([delegated, own])]);
  const denied = anyOf([
    ...matches.filter((match) => !isAllow(match)).map(({ matched }) => matched),
    ...Object.values(side).map(({ denies }) => denies),
  ]);
  const by = MEANS.flatMap(
    (means) => matches.find((match) => isAllow(match) && match[means] === true) ?? [],
  )[0];
  return { decision: allOf([not(denied), granted]), matches, side, isCrossAccount, route: by?.route ?? null };
}

/** The strongest first. */
const MEANS: readonly (keyof Means)[] = ['direct', 'asRole', 'delegated'];

export const isAllow = ({ statement }: StatementMatch): boolean => statement.effect === 'Allow';

// The caller's own side: what its permissions policies say of assuming the role, and what its permissions
// boundary and session policies leave of that.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
import type { Policy } from '../policy/types.ts';
import { matchIdentityStatement, type StatementRequest } from './statement.ts';
import { anyOf, type Truth } from './truth.ts';

/** `silent`: they say nothing of it. `any`: they allow everything. */
export type IdentityPolicies = 'silent' | 'any' | readonly Policy[];

/** The policies that the caller has besides the role's trust policy. */
export interface CallerPolicies {
  identityPolicies: IdentityPolicies;
  /** Of the user or role; null for none. */
  permissionsBoundary?: Policy | null;
  /** Those that the session was made with, which count as one; null for none. */
  sessionPolicies?: readonly Policy[] | null;
}

/** What policies of one kind say. */
export interface IdentitySide {
  allows: Truth;
  denies: Truth;
  /** What would decide an open Allow, and an open Deny. */
  allowNeeds: readonly string[];
  denyNeeds: readonly string[];
}

export interface CallerSide {
  identity: IdentitySide;
  boundary: IdentitySide;
  session: IdentitySide;
}

/** Of services and identity providers, which have no policies that could forbid them anything. */
export const BOUNDLESS: CallerSide = (() => {
  const any = { allows: true, denies: false, allowNeeds: [], denyNeeds: [] } as const;
  return { identity: any, boundary: any, session: any };
})();

/** What each kind of policy on the caller's side says; a boundary or session policies that are not there bar nothing. */
export function evaluateCallerSide(policies: CallerPolicies, request: StatementRequest): CallerSide {
  const { identityPolicies, permissionsBoundary, sessionPolicies } = policies;
  return {
    identity: evaluateIdentity(identityPolicies, request),
    boundary: evaluateIdentity(permissionsBoundary ? [permissionsBoundary] : 'any', request),
    session: evaluateIdentity(sessionPolicies ?? 'any', request),
  };
}

/** Policies taken together: whether they allow and whether they deny, and which facts would tell. */
export function evaluateIdentity(policies: IdentityPolicies, request: StatementRequest): IdentitySide {
  if (policies === 'silent') return { ...BOUNDLESS.identity, allows: false };
  if (policies === 'any') return BOUNDLESS.identity;
  const matches = policies.flatMap((policy) =>
    policy.statements.map((statement) => ({
      effect: statement.effect,
      ...matchIdentityStatement(statement, policy, request),
    })),
  );
  const of = (effect: 'Allow' | 'Deny') => matches.filter((match) => match.effect === effect);
  const truthOf = (effect: 'Allow' | 'Deny'): Truth => anyOf(of(effect).map(({ matched }) => matched));
  const needsOf = (effect: 'Allow' | 'Deny'): string[] =>
    truthOf(effect) === 'unknown'
      ? [...new Set(of(effect).flatMap(({ matched, needs }) => (matched === 'unknown' ? needs : [])))]
      : [];
  return {
    allows: truthOf('Allow'),
    denies: truthOf('Deny'),
    allowNeeds: needsOf('Allow'),
    denyNeeds: needsOf('Deny'),
  };
}

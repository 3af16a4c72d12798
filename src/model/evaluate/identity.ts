// The caller's own side: what its permissions policies say of assuming the role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { Policy } from '../policy/types.ts';
import { matchIdentityStatement, type StatementRequest } from './statement.ts';
import { anyOf, type Truth } from './truth.ts';

/** `silent`: they say nothing of it. `any`: they allow everything. */
export type IdentityPolicies = 'silent' | 'any' | readonly Policy[];

export interface IdentitySide {
  allows: Truth;
  denies: Truth;
  needs: readonly string[];
}

export function evaluateIdentity(policies: IdentityPolicies, request: StatementRequest): IdentitySide {
  if (policies === 'silent') return { allows: false, denies: false, needs: [] };
  if (policies === 'any') return { allows: true, denies: false, needs: [] };
  const matches = policies.flatMap((policy) =>
    policy.statements.map((statement) => ({
      effect: statement.effect,
      ...matchIdentityStatement(statement, policy, request),
    })),
  );
  const truthOf = (effect: 'Allow' | 'Deny'): Truth =>
    anyOf(matches.filter((match) => match.effect === effect).map(({ matched }) => matched));
  return {
    allows: truthOf('Allow'),
    denies: truthOf('Deny'),
    needs: [...new Set(matches.flatMap(({ matched, needs }) => (matched === 'unknown' ? needs : [])))],
  };
}

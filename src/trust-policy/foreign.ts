// What a change of a trust policy would take away that this program did not write. Other people's
// statements are theirs: they go only when that was asked for.
import type { Policy, Statement } from '../model/policy.ts';
import { diffTrust, sentence } from './diff.ts';
import { grantsOf, keyOf } from './grants.ts';

/** The Sids of the statements that `generate` and `apply` write. */
const OWN_SID = /^PodIam(?:Proxy|ServiceAccount|PodIdentity)\d*$/;

const isOwn = ({ sid }: Statement): boolean => sid !== null && OWN_SID.test(sid.text);

/**
 * One sentence for each grant or Deny of a foreign statement that is no longer there. Principals that
 * were deleted are left out: they let nobody in, and IAM refuses to save them again.
 */
export function foreignRemovals(before: Policy, after: Policy): string[] {
  if (diffTrust(before, after).isEqual) return [];
  const kept = new Set(grantsOf(after).map(keyOf));
  return before.statements
    .filter((statement) => !isOwn(statement))
    .flatMap((statement) => {
      const gone = grantsOf({ ...before, statements: [statement] }).filter(
        (grant) => !kept.has(keyOf(grant)) && !isDeleted(grant.principal),
      );
      return gone.map((grant) => `statement ${statement.index}: ${sentence(grant)}`);
    });
}

const isDeleted = (principal: string): boolean => /^AWS A[A-Z]{3}[A-Z0-9]{12,}$/.test(principal);

// What a change of a trust policy would take away that this program did not write. Other people's
// statements are theirs: they go only when that was asked for.
import { isUniqueId } from '../model/policy/principal.ts';
import type { Policy, Statement } from '../model/policy.ts';
import { diffTrust, sentence } from './diff.ts';
import { grantsOf, keyOf } from './grants.ts';
import { isOwnSid } from './sids.ts';

const isOwn = ({ sid }: Statement): boolean => sid !== null && isOwnSid(sid.text);

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

const isDeleted = (principal: string): boolean => isUniqueId(principal.replace(/^AWS /, ''));

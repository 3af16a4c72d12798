// Plans the change of a live role's trust policy: reads it, and says what would stand there, who gets in by it,
// and what speaks against it. Writes nothing.
import { parseRoleArn } from '../model/arn.ts';
import { parsePolicy } from '../model/policy.ts';
import { usageProblem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';
import { checkPolicy } from './check.ts';
import { diffTrust } from './diff.ts';
import { adviceOf } from './fault-advice.ts';
import { foreignRemovals } from './foreign.ts';
import { type Roles, readRole } from './live-role.ts';
import { asIamKnowsThem } from './named.ts';
import { planTrustChange, type TrustChange } from './plan.ts';
import type { Claim } from './proof.ts';
import { checkSize, DEFAULT_QUOTA } from './size.ts';
import { wideningWords } from './widening.ts';

export interface LivePlan extends TrustChange {
  role: RoleFact;
  /** Who gets in that did not before, in plain words; empty for nobody. */
  widening: string[];
  /** Whether anybody may get in who did not before, as far as the texts tell. */
  isWider: boolean;
}

/** What is wanted: identities to let in, or a whole document to put in place. */
export type Wanted =
  | { identities: readonly string[]; externalId: string | null }
  | {
      document: string;
      /** Also what others wrote may be taken out. */
      mayRemove: boolean;
      /** To prove it with. */
      externalId: string | null;
    };

/**
 * Reads the role and plans. Throws usage Problems: NO_ROLE with the nearest name, FOREIGN_STATEMENTS when
 * it would take out what others wrote, TOO_LARGE for a document beyond the account's quota.
 */
export async function planLive(aws: Roles, role: string, wanted: Wanted): Promise<LivePlan> {
  const fact = await readRole(aws, role);
  const before = fact.trustPolicy;
  const change =
    'document' in wanted
      ? planReplacement(before, wanted)
      : planTrustChange(before, await asIamKnowsThem(aws, wanted.identities, parseRoleArn(fact.arn)), {
          externalId: wanted.externalId,
        });
  if (!change.changed) return { role: fact, ...change, widening: [], isWider: false };
  const size = await checkSize(change.document, aws);
  const old = parsePolicy(before).policy;
  const after = parsePolicy(change.document).policy!;
  return {
    role: fact,
    ...change,
    notes: [
      ...change.notes,
      ...(size === null ? [] : [size]),
      ...('document' in wanted ? newFaults(fact, change.document) : []),
    ],
    widening: wideningWords(old, after, fact.name),
    isWider: old === null || diffTrust(old, after).isWider,
  };
}

/** What `check` holds against the new document alone; IAM would take it all the same. */
function newFaults({ arn, trustPolicy }: RoleFact, document: string): string[] {
  const role = parseRoleArn(arn);
  const options = { nodeIdentities: [], account: role?.account ?? null, role, sizeQuota: DEFAULT_QUOTA };
  const faultsOf = (text: string): string[] =>
    checkPolicy({ name: arn, text, fault: null }, options)
      .filter(({ status }) => status === 'fail')
      .map(({ code, severity, observed }) => `${code} (${severity}): ${observed}`);
  const old = new Set(faultsOf(trustPolicy));
  return faultsOf(document).filter((line) => !old.has(line));
}

/** What an AssumeRole can prove of a plan, once it is written. */
export const claimOf = ({ role, document, changed, isWider, externalId }: LivePlan): Claim => ({
  ...{ role: role.arn, document, before: changed ? role.trustPolicy : null, isWider, externalId },
});

function planReplacement(
  before: string,
  { document: after, mayRemove, externalId }: Extract<Wanted, { document: string }>,
): TrustChange {
  const { ok, policy, faults } = parsePolicy(after);
  if (!ok || policy === null) {
    const [fault] = faults;
    throw usageProblem({
      code: 'BAD_POLICY',
      what: `IAM would refuse the document: ${fault?.message}`,
      why: `at line ${fault?.line}, column ${fault?.column}`,
      next: adviceOf({ hint: fault?.hint ?? null }),
    });
  }
  const old = parsePolicy(before).policy;
  const diff = old === null ? null : diffTrust(old, policy);
  if (diff?.isEqual)
    return {
      changed: false,
      document: before,
      added: [],
      removed: [],
      notes: ['the role has this document already, as far as its meaning goes'],
      denied: [],
      externalId,
    };
  const foreign = old === null || mayRemove ? [] : foreignRemovals(old, policy);
  if (foreign.length > 0)
    throw usageProblem({
      code: 'FOREIGN_STATEMENTS',
      what: 'the document leaves out what pod-iam did not write; nothing was written',
      why: foreign.join('; '),
      next: 'put it into the document, name --node-role ARN instead of --file to add alone, or give --allow-removals to take it out',
    });
  return {
    changed: true,
    document: after,
    added: diff?.added ?? [],
    removed: diff?.removed ?? [],
    notes: [],
    denied: [],
    externalId,
  };
}

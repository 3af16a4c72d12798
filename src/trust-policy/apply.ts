// Changes the trust policy of a live role: reads it, plans, keeps a backup, writes, and waits until IAM
// shows the new one. Asking is the command's business.
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRoleArn } from '../model/arn.ts';
import { fileFault } from '../model/file-fault.ts';
import { nearestName } from '../model/nearest.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { environmentProblem, type Problem, usageProblem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';
import { checkPolicy } from './check.ts';
import { diffTrust } from './diff.ts';
import { adviceOf } from './fault-advice.ts';
import { foreignRemovals } from './foreign.ts';
import { asIamKnowsThem } from './named.ts';
import { planTrustChange, type TrustChange } from './plan.ts';
import type { Claim } from './prove.ts';
import { checkSize, DEFAULT_QUOTA } from './size.ts';
import { wideningWords } from './widening.ts';

/** What is asked of IAM here; the Problems of the calls pass through. */
export interface Roles {
  /** Null when there is none of this name. */
  role(name: string): Promise<RoleFact | null>;
  roleNames(): Promise<string[]>;
  trustPolicyQuota(): Promise<number | null>;
  updateTrustPolicy(roleName: string, document: string): Promise<void>;
}

export interface LivePlan extends TrustChange {
  role: RoleFact;
  /** Who gets in that did not before, in plain words; empty for nobody. */
  widening: string[];
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
  if (!change.changed) return { role: fact, ...change, widening: [] };
  const size = await checkSize(change.document, aws);
  const after = parsePolicy(change.document).policy!;
  return {
    role: fact,
    ...change,
    notes: [
      ...change.notes,
      ...(size === null ? [] : [size]),
      ...('document' in wanted ? newFaults(fact, change.document) : []),
    ],
    widening: wideningWords(parsePolicy(before).policy, after, fact.name),
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

/**
 * Writes a plan after saving the old document. Throws an environment Problem when the role was changed
 * meanwhile (CHANGED_MEANWHILE), or when IAM does not show the change in time (NOT_SHOWN).
 */
export async function writeLive(
  aws: Roles,
  plan: LivePlan,
  options: { backup: string; signal: AbortSignal; pauseMs?: number; timeoutMs?: number },
): Promise<void> {
  const { role, document } = plan;
  const now = await readRole(aws, role.arn);
  if (now.trustPolicy !== role.trustPolicy) {
    throw environmentProblem({
      code: 'CHANGED_MEANWHILE',
      what: `the trust policy of ${role.arn} was changed by somebody else meanwhile; nothing was written`,
      next: 'run the command again',
    });
  }
  await saveBackup(options.backup, role.trustPolicy);
  options.signal.throwIfAborted();
  await aws.updateTrustPolicy(role.name, document);
  await waitUntilShown(aws, plan, options);
}

/** What an AssumeRole can prove of a plan, once it is written. */
export const claimOf = ({ role, document, changed, externalId }: LivePlan): Claim => ({
  ...{ role: role.arn, document, isChange: changed, externalId },
});

/** A name for the backup of a role's document, in the current folder. */
export const backupName = (role: RoleFact, now: Date): string =>
  `${role.name}.trust-policy.${now.toISOString().replace(/[-:]|\.\d+/g, '')}.json`;

/** @param text name, path/name or ARN. @throws Problem of kind usage for a role that the account has not */
export async function readRole(aws: Roles, text: string): Promise<RoleFact> {
  const arn = text.startsWith('arn:') ? parseRoleArn(text) : null;
  if (text.startsWith('arn:') && !arn)
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `"${text}" is no role ARN`,
      next: 'write it in full, such as arn:aws:iam::111122223333:role/NAME, or give the name alone',
    });
  const name = arn?.name ?? text.slice(text.lastIndexOf('/') + 1);
  const role = await aws.role(name);
  if (role === null) throw await noRole(aws, name);
  if (arn && role.arn !== arn.arn) {
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `there is no role ${arn.arn} here`,
      why: `the role ${name} of this account is ${role.arn}`,
      next: 'use that ARN, or the credentials of the right account (--profile)',
    });
  }
  return role;
}

/** IAM has the role, but gave no document that can be read. */
export const noTrustPolicy = (arn: string): Problem =>
  usageProblem({
    code: 'BAD_POLICY',
    what: `IAM gave no trust policy for ${arn}`,
    next: `aws iam get-role --role-name ${arn.slice(arn.lastIndexOf('/') + 1)}`,
  });

async function noRole(aws: Roles, name: string): Promise<Problem> {
  const names = await aws.roleNames().catch(() => []);
  const near = nearestName(name, names);
  return usageProblem({
    code: 'NO_ROLE',
    what: `there is no role ${name} in this account`,
    next:
      near === null
        ? 'aws iam list-roles, or the credentials of the right account (--profile)'
        : `did you mean ${near}?`,
  });
}

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
    externalId,
  };
}

async function saveBackup(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, `${text}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw usageProblem({
      code: 'NO_BACKUP',
      what: `no backup at ${path}: ${fileFault(error)}; nothing was changed`,
      next: 'give --backup FILE',
      cause: error,
    });
  }
}

// IAM is eventually consistent: seconds as a rule, a minute at worst.
async function waitUntilShown(
  aws: Roles,
  { role, document }: LivePlan,
  {
    signal,
    pauseMs = 500,
    timeoutMs = 60_000,
  }: { signal: AbortSignal; pauseMs?: number; timeoutMs?: number },
): Promise<void> {
  const wanted = parsePolicy(document).policy!;
  const deadlineMs = Date.now() + timeoutMs;
  for (let pause = pauseMs; ; pause = Math.min(pause * 1.5, 5000)) {
    const shown = parsePolicy((await aws.role(role.name))?.trustPolicy ?? '').policy;
    if (shown !== null && isSame(shown, wanted)) return;
    if (Date.now() + pause > deadlineMs) break;
    await sleep(pause, undefined, { signal });
  }
  throw environmentProblem({
    code: 'NOT_SHOWN',
    what: `IAM took the trust policy of ${role.arn} and does not show it yet`,
    next: `aws iam get-role --role-name ${role.name}`,
  });
}

const isSame = (a: Policy, b: Policy): boolean => diffTrust(a, b).isEqual;

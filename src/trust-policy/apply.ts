// Writes a planned trust policy: keeps the old one, and waits until IAM shows the new one. Asking is the
// command's business.
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileFault } from '../model/file-fault.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { environmentProblem, usageProblem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';
import { diffTrust } from './diff.ts';
import { type Roles, readRole } from './live-role.ts';
import type { LivePlan } from './plan-live.ts';

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

/** A name for the backup of a role's document, in the current folder. */
export const backupName = (role: RoleFact, now: Date): string =>
  `${role.name}.trust-policy.${now.toISOString().replace(/[-:]|\.\d+/g, '')}.json`;

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

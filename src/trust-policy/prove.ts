// Proves by an actual AssumeRole that a changed trust policy lets somebody in. Only a caller that the
// document means can prove it, and only one that was refused before: else success would show nothing.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSessionOf, parseRoleArn } from '../model/arn.ts';
import { evaluateTrust } from '../model/evaluate.ts';
import { parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';

/** The credentials that try it; not always those that write. */
export interface Prover {
  caller(): Promise<{ arn: string }>;
  tryRole(roleArn: string, externalId: string | null): Promise<{ session: string } | { refused: string }>;
}

export interface Proof {
  /** `refused`: it should have let the caller in, and STS did not. */
  outcome: 'proven' | 'refused' | 'not-proven';
  /** Who tried it; null when nobody is known. */
  as: string | null;
  /** The session that STS gave. */
  session: string | null;
  because: string;
  /** What shows that the attempt could have come out the other way. */
  control: string | null;
  /** Proves it, typed elsewhere; null when it is proven. */
  command: string | null;
}

/** What there is to prove: the document that is about to stand, or stands. */
export interface Claim {
  role: string;
  document: string;
  /** False when it stood before. */
  isChange: boolean;
  externalId: string | null;
}

export type Preparation = { as: string; control: string } | Proof;

export const isProof = (preparation: Preparation): preparation is Proof => 'outcome' in preparation;

/** Before the change: whether this caller could prove it. Never throws a Problem. */
export async function prepareProof(prover: Prover, claim: Claim): Promise<Preparation> {
  const { role, externalId, isChange } = claim;
  let as: string | null = null;
  try {
    as = (await prover.caller()).arn;
    const doubt = doubtOf(as, claim);
    if (doubt !== null) return notProven(claim, as, doubt);
    const trial = isChange ? role : inventedBeside(role);
    const before = await prover.tryRole(trial, externalId);
    if ('session' in before)
      return notProven(
        claim,
        as,
        isChange
          ? `${as} got the role before the change, too, so that its success shows nothing`
          : `STS gave ${as} a role that nobody made, so that its success shows nothing`,
      );
    return { as, control: isChange ? `before the change: ${before.refused}` : `${trial}: ${before.refused}` };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return notProven(claim, as, reasonOf(error));
  }
}

/** After the change: tries until STS agrees, or the time is up. Never throws a Problem. */
export async function prove(
  prover: Prover,
  claim: Claim,
  prepared: { as: string; control: string },
  {
    signal,
    timeoutMs,
    pauseMs = 500,
  }: { signal: AbortSignal; timeoutMs: number; pauseMs?: number | undefined },
): Promise<Proof> {
  const { as, control } = prepared;
  const deadlineMs = Date.now() + timeoutMs;
  for (let pause = pauseMs; ; pause = Math.min(pause * 1.5, 5000)) {
    try {
      const trial = await prover.tryRole(claim.role, claim.externalId);
      if ('session' in trial) return judge(trial.session, claim, prepared);
      if (Date.now() + pause > deadlineMs) {
        const because = `STS still refuses ${as} after ${Math.round(timeoutMs / 1000)} s: ${trial.refused}`;
        return { outcome: 'refused', as, session: null, because, control, command: commandFor(claim) };
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return notProven(claim, as, reasonOf(error));
    }
    await sleep(pause, undefined, { signal });
  }
}

function judge(session: string, claim: Claim, { as, control }: { as: string; control: string }): Proof {
  if (!isSessionOf(session, parseRoleArn(claim.role)!))
    return notProven(
      claim,
      as,
      `STS gave ${session || 'a session without a name'}, which is not of the role`,
    );
  return {
    ...{ outcome: 'proven', as, session, control, command: null },
    because: `${as} became ${session}`,
  };
}

/** Why this caller is not one whom the document means; null when it is, or may be. */
function doubtOf(as: string, { document, role, externalId }: Claim): string | null {
  const { policy } = parsePolicy(document);
  if (policy === null) return 'the document cannot be read';
  const { decision, because } = evaluateTrust(policy, {
    caller: as,
    action: 'sts:AssumeRole',
    role,
    context: externalId === null ? {} : { 'sts:ExternalId': [externalId] },
    identityPolicies: 'any',
  });
  return decision === 'deny' ? `these are credentials of ${as}, whom it does not let in: ${because}` : null;
}

/** STS answers AccessDenied for a role that does not exist, as for one that does not trust the caller. */
const inventedBeside = (role: string): string =>
  role.replace(/:role\/.*$/, `:role/pod-iam-proof-${randomBytes(6).toString('hex')}`);

const notProven = (claim: Claim, as: string | null, because: string): Proof => ({
  ...{ outcome: 'not-proven', as, session: null, because, control: null },
  command: commandFor(claim),
});

const commandFor = ({ role, externalId }: Claim): string =>
  `aws sts assume-role --role-arn ${quote(role)} --role-session-name pod-iam-proof${externalId === null ? '' : ` --external-id ${quote(externalId)}`}`;

const reasonOf = ({ message, why }: Problem): string => (why === undefined ? message : `${message}: ${why}`);

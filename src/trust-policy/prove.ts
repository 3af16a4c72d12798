// Tries after a change whether STS does as the new trust policy says: whoever is let in becomes the role, and
// whoever no longer is, is refused.
import { setTimeout as sleep } from 'node:timers/promises';
import { isSessionOf, parseRoleArn } from '../model/arn.ts';
import { Problem } from '../model/problem.ts';
import { reasonOf } from './prepare-proof.ts';
import { type Claim, commandFor, notProven, type Proof, type Prover, type Trial } from './proof.ts';

/** Tries until STS answers as the document says, or the time is up. Never throws a Problem. */
export async function prove(
  prover: Prover,
  claim: Claim,
  trial: Trial,
  {
    signal,
    timeoutMs,
    pauseMs = 500,
  }: { signal: AbortSignal; timeoutMs: number; pauseMs?: number | undefined },
): Promise<Proof> {
  const { as, control } = trial;
  const deadlineMs = Date.now() + timeoutMs;
  for (let pause = pauseMs; ; pause = Math.min(pause * 1.5, 5000)) {
    try {
      const answer = await prover.tryRole(claim.role, claim.externalId);
      const proof = judge(answer, claim, trial);
      if (proof !== null) return proof;
      if (Date.now() + pause > deadlineMs) {
        const said = 'refused' in answer ? `refuses ${as}` : `gives ${as} the role`;
        const detail = 'refused' in answer ? `: ${answer.refused}` : '';
        const because = `STS still ${said} after ${Math.round(timeoutMs / 1000)} s${detail}`;
        return { outcome: 'not-in-force', as, session: null, because, control, command: commandFor(claim) };
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return notProven(claim, as, reasonOf(error));
    }
    await sleep(pause, undefined, { signal });
  }
}

/** Null while STS answers otherwise. */
function judge(
  answer: Awaited<ReturnType<Prover['tryRole']>>,
  claim: Claim,
  { as, expects, control }: Trial,
): Proof | null {
  if ('refused' in answer)
    return expects === 'refusal'
      ? proven({ as, control, session: null, because: `${as} is refused now: ${answer.refused}` })
      : null;
  if (expects === 'refusal') return null;
  const { session } = answer;
  if (!isSessionOf(session, parseRoleArn(claim.role)!))
    return notProven(
      claim,
      as,
      `STS gave ${session || 'a session without a name'}, which is not of the role`,
    );
  if (expects === 'session') return proven({ as, control, session, because: `${as} became ${session}` });
  return {
    ...{ outcome: 'narrowed', as, session, control: null, command: commandFor(claim) },
    because: `the change lets in nobody new; ${as}, whom it still lets in, became ${session}, as before it`,
  };
}

const proven = (shown: Pick<Proof, 'as' | 'session' | 'because' | 'control'>): Proof => ({
  ...{ outcome: 'proven', command: null },
  ...shown,
});

// Decides before a change what the caller's AssumeRole could show of it afterwards. A session shows something
// only of a caller who was refused before, a refusal only of one who was not: else either would have come anyway.
import { randomBytes } from 'node:crypto';
import { type Evaluation, evaluateTrust } from '../model/evaluate.ts';
import { parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import { type Claim, narrowed, notProven, type Proof, type Prover, type Trial } from './proof.ts';

/** A trial to make after the change, or why none can show anything. Never throws a Problem. */
export async function prepareProof(prover: Prover, claim: Claim): Promise<Trial | Proof> {
  let as: string | null = null;
  try {
    as = (await prover.caller()).arn;
    const now = saysOf(claim.document, as, claim);
    if (now === null) return notProven(claim, as, 'the document cannot be read');
    if (claim.before !== null && !claim.isWider) return await prepareNarrowing(prover, claim, as, now);
    if (now.decision === 'deny')
      return notProven(claim, as, `these are credentials of ${as}, whom it does not let in: ${now.because}`);
    return await prepareSession(prover, claim, as);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return notProven(claim, as, reasonOf(error));
  }
}

export const isProof = (prepared: Trial | Proof): prepared is Proof => 'outcome' in prepared;

export const reasonOf = ({ message, why }: Problem): string =>
  why === undefined ? message : `${message}: ${why}`;

async function prepareSession(prover: Prover, claim: Claim, as: string): Promise<Trial | Proof> {
  const { role, externalId, before } = claim;
  const tried = before === null ? inventedBeside(role) : role;
  const trial = await prover.tryRole(tried, externalId);
  if ('refused' in trial)
    return {
      ...{ as, expects: 'session' },
      control: before === null ? `${tried}: ${trial.refused}` : `before the change: ${trial.refused}`,
    };
  const why =
    before === null ? `STS gave ${as} a role that nobody made` : `${as} got the role before the change, too`;
  return notProven(claim, as, `${why}, so that its success shows nothing`);
}

const NOBODY_NEW = 'the change lets in nobody new';

/** Of a change that only takes away: one who loses the role can show it, by being refused. */
async function prepareNarrowing(
  prover: Prover,
  claim: Claim,
  as: string,
  now: Evaluation,
): Promise<Trial | Proof> {
  const old = saysOf(claim.before!, as, claim);
  const isOut = now.decision === 'deny';
  if (isOut && (old === null || old.decision === 'deny'))
    return narrowed(
      claim,
      as,
      `${NOBODY_NEW}, and these are credentials of ${as}, who is let in neither before nor after`,
    );
  const trial = await prover.tryRole(claim.role, claim.externalId);
  if ('refused' in trial)
    return narrowed(claim, as, `${NOBODY_NEW}, and ${as} was refused before it, too: ${trial.refused}`);
  return {
    ...{ as, expects: isOut ? 'refusal' : 'still' },
    control: `before the change: ${as} became ${trial.session}`,
  };
}

/** What a document says to a caller whose own policies allow everything; null when it cannot be read. */
function saysOf(document: string, caller: string, { role, externalId }: Claim): Evaluation | null {
  const { policy } = parsePolicy(document);
  if (policy === null) return null;
  return evaluateTrust(policy, {
    ...{ caller, role, action: 'sts:AssumeRole', identityPolicies: 'any' },
    context: externalId === null ? {} : { 'sts:ExternalId': [externalId] },
  });
}

/** STS answers AccessDenied for a role that does not exist, as for one that does not trust the caller. */
const inventedBeside = (role: string): string =>
  role.replace(/:role\/.*$/, `:role/pod-iam-proof-${randomBytes(6).toString('hex')}`);

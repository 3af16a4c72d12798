// What an AssumeRole can show of a trust policy: the records that preparing and trying it share.
import { quote } from '../model/shell.ts';

/** The credentials that try it; not always those that write. */
export interface Prover {
  caller(): Promise<{ arn: string }>;
  tryRole(roleArn: string, externalId: string | null): Promise<{ session: string } | { refused: string }>;
}

/** What there is to prove: the document that is about to stand, or stands. */
export interface Claim {
  role: string;
  document: string;
  /** The one that stood before; null when nothing is changed. */
  before: string | null;
  /** Whether the change may let in somebody new: else only a refusal can show it. */
  isWider: boolean;
  externalId: string | null;
}

export interface Proof {
  /**
   * `not-in-force`: STS does not yet do as the document says. `narrowed`: nobody new gets in, so that there was
   * nothing that a session could have shown.
   */
  outcome: 'proven' | 'not-in-force' | 'not-proven' | 'narrowed';
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

/** Who is to try it after the change, and what STS must then answer. */
export interface Trial {
  as: string;
  /** `still`: a session, which shows only that nobody was shut out by mistake. */
  expects: 'session' | 'refusal' | 'still';
  control: string;
}

export const notProven = (claim: Claim, as: string | null, because: string): Proof =>
  unproven('not-proven', claim, as, because);

export const narrowed = (claim: Claim, as: string | null, because: string): Proof =>
  unproven('narrowed', claim, as, because);

const unproven = (outcome: Proof['outcome'], claim: Claim, as: string | null, because: string): Proof => ({
  ...{ outcome, as, session: null, because, control: null },
  command: commandFor(claim),
});

export const commandFor = ({ role, externalId }: Claim): string =>
  `aws sts assume-role --role-arn ${quote(role)} --role-session-name pod-iam-proof${externalId === null ? '' : ` --external-id ${quote(externalId)}`}`;

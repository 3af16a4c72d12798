// The failures that the vault itself finds, beside those that STS tells.
import { CredentialFailure } from './types.ts';

/** The call goes on; this is the caller's end of it. */
export class Slow extends CredentialFailure {
  constructor() {
    super('unavailable', 'CR006', 'slow', 'STS has not answered yet; ask again');
  }
}

/** Of one pod alone: an identity that another pod has as well is asked for on that one's behalf. */
export class ChangedTooOften extends CredentialFailure {
  constructor() {
    super(
      'unavailable',
      'CR005',
      'ChangedTooOften',
      "the pod's role, external id or session name has changed too often: STS is asked for another one a minute",
    );
  }
}

export const deadOnArrival = (): CredentialFailure =>
  new CredentialFailure(
    'unavailable',
    'CR005',
    'expired',
    'STS gave credentials that had expired; ask again',
  );

export const defect = (error: unknown): CredentialFailure =>
  new CredentialFailure(
    'unavailable',
    'CR005',
    error instanceof Error ? error.name : 'unknown',
    'the daemon failed to ask STS',
  );

// The failures that the vault itself finds, beside those that STS tells.
import { CredentialFailure } from './types.ts';

/** The call goes on; this is the caller's end of it. */
export class Slow extends CredentialFailure {
  constructor() {
    super('unavailable', 'CR006', 'slow', 'STS has not answered yet; ask again');
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

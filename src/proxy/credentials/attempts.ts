// How often one call to STS is tried before its failure is told: at the gate's pace, and only where
// another try can end otherwise.
import type { Gate } from './gate.ts';
import type { CredentialFailure, Credentials, Identity } from './types.ts';
import type { Issue } from './vault.ts';

const ATTEMPTS = 3;
/** The gate spaces these; giving up would only put the call at the end of the queue. */
const THROTTLED_ATTEMPTS = 10;

/** @param ask one call; throws CredentialFailure */
export function withAttempts(gate: Gate, ask: (identity: Identity) => Promise<Credentials>): Issue {
  return async (identity, isUrgent) => {
    for (let attempt = 1; ; attempt++) {
      await gate.pass(isUrgent);
      try {
        const credentials = await ask(identity);
        gate.answered();
        return credentials;
      } catch (error) {
        const failure = error as CredentialFailure;
        if (failure.kind === 'throttled') gate.throttled();
        if (attempt >= mostAttempts(failure)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
      }
    }
  };
}

function mostAttempts({ kind, errorCode }: CredentialFailure): number {
  if (kind === 'refused' || errorCode === 'NoCredentials') return 1;
  return kind === 'throttled' ? THROTTLED_ATTEMPTS : ATTEMPTS;
}

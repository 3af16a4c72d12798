// The answer that carries a caller's credentials. While STS is asked the pod may go, or lose its role:
// what is handed out is what the pod may have then, so that no answer is older than what is known.
import { CredentialFailure, type Credentials, identityKey } from '../credentials/types.ts';
import type { Parts } from '../parts.ts';
import type { Answer } from '../reply.ts';
import type { Soon } from '../soon.ts';
import type { Caller } from './decide.ts';

export type CallerOrAnswer = { caller: Caller; answer: null } | { caller: null; answer: Answer };

export interface Asking {
  /** Judges the caller by what is known now; must not wait. */
  again(caller: Caller): CallerOrAnswer;
  /** The credentials, and a failure, in the words of the protocol. */
  give(caller: Caller, credentials: Credentials): Answer;
  failed(failure: CredentialFailure): Answer;
}

export function provide(caller: Caller, parts: Parts, asking: Asking): Soon<Answer> {
  const held = parts.vault.atHand(caller.identity);
  return held ? asking.give(caller, held) : awaitCredentials(caller, parts, asking);
}

async function awaitCredentials(caller: Caller, parts: Parts, asking: Asking): Promise<Answer> {
  const outcome = await parts.vault.get(caller.identity, caller.pod.uid).catch(failureOf);
  const { caller: now, answer } = asking.again(caller);
  if (!now) return answer;
  if (identityKey(now.identity) !== identityKey(caller.identity)) return provide(now, parts, asking);
  return outcome instanceof CredentialFailure ? asking.failed(outcome) : asking.give(now, outcome);
}

function failureOf(error: unknown): CredentialFailure {
  if (error instanceof CredentialFailure) return error;
  throw error;
}

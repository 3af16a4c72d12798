// What the daemon asks STS for, what it gets, and how that can fail.
import type { RefusingSide } from '../../model/sts-refusal.ts';

/** Everything that makes two pods' credentials the same or not. */
export interface Identity {
  roleArn: string;
  externalId: string | null;
  sessionName: string;
  durationSeconds: number;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** As STS has said it: whole seconds, in milliseconds since the epoch. */
  expiresAtMs: number;
  /** When they were asked for, by the node's clock. */
  issuedAtMs: number;
  /** From the answer to the end, by STS's own clock. */
  lifeMs: number;
  /** The end by the node's clock as it was set when they came, right or wrong. */
  endsAtMs: number;
  /** The end by the steady clock. */
  endsAtSteadyMs: number;
  /** Such as `AROA…:session`. */
  assumedRoleId: string;
}

/** `refused`: STS has said no. `own`: the daemon cannot prove who it is itself. `unavailable`: no usable answer. */
export type FailureKind = 'refused' | 'own' | 'unavailable' | 'throttled';

/** A failure in words that a pod may read: no secret, no text of the SDK. */
export class CredentialFailure extends Error {
  readonly kind: FailureKind;
  /** The catalogue's code that names this cause. */
  readonly check: string;
  /** STS's own error code, or the network's. */
  readonly errorCode: string;
  /** Of a refusal: what has to change. Null for all other failures. */
  readonly side: RefusingSide | null;

  constructor(
    kind: FailureKind,
    check: string,
    errorCode: string,
    message: string,
    side: RefusingSide | null = null,
  ) {
    super(message);
    this.name = 'CredentialFailure';
    this.kind = kind;
    this.check = check;
    this.errorCode = errorCode;
    this.side = side;
  }
}

const keys = new WeakMap<Identity, string>();

/** The same for identities that are the same, and only for them. */
export function identityKey(identity: Identity): string {
  const known = keys.get(identity);
  if (known !== undefined) return known;
  const { roleArn, externalId, sessionName, durationSeconds } = identity;
  const key = JSON.stringify([roleArn, externalId, sessionName, durationSeconds]);
  keys.set(identity, key);
  return key;
}

/** An access key id may be shown by its last four characters only. */
export const keyEnding = (accessKeyId: string): string => `…${accessKeyId.slice(-4)}`;

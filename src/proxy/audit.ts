// The audit trail: which pod was given which session of which role, and from which address it asked. One
// line for each credential that a pod is served, however often it asks for it again.
import { type Credentials, type Identity, keyEnding } from './credentials/types.ts';
import type { Log } from './log.ts';
import { instant } from './reply.ts';
import { nameOf, type PodRecord } from './who/pod-record.ts';

export interface Served {
  pod: PodRecord;
  identity: Identity;
  credentials: Credentials;
  /** Where the request came from. */
  address: string;
  /** What tied the caller to the pod. */
  knownBy: 'address' | 'token';
}

export type Audit = (served: Served) => void;

/** Distinct pods and addresses that one credential is remembered to have gone to. */
const MAX_REMEMBERED = 1_000;

/** One line for each credential, pod and address; the same again is not told. */
export function auditTrail(log: Log): Audit {
  const told = new WeakMap<Credentials, Set<string>>();
  return ({ pod, identity, credentials, address, knownBy }) => {
    const known = told.get(credentials) ?? new Set();
    told.set(credentials, known);
    const key = `${pod.uid} ${address}`;
    if (known.has(key)) return;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.add(key);
    log.info(
      {
        ...nameOf(pod),
        uid: pod.uid,
        address,
        knownBy,
        role: identity.roleArn,
        session: identity.sessionName,
        key: keyEnding(credentials.accessKeyId),
        expiration: instant(credentials.expiresAtMs),
      },
      'served',
    );
  };
}

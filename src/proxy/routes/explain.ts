// /-/explain?ip=…: what the daemon would answer to an address, and why. For the node's operator, in
// the same words as the decision itself; no secret is in it.
import { keyEnding } from '../credentials/types.ts';
import type { Parts } from '../parts.ts';
import { callersOf, instant } from '../reply.ts';

/** @param address in its one spelling */
export function explain(address: string, parts: Parts): unknown {
  const pod = parts.pods.at(address);
  const self = { arn: parts.self.self?.arn ?? null, why: parts.self.failure };
  if (!pod) {
    const why = `no ${callersOf(parts.settings.docker)} is known to have the address ${address}`;
    return {
      address,
      pod: null,
      role: null,
      refusal: { code: 'LK012', kind: 'unknown', why },
      reasons: [why],
      credentials: null,
      self,
    };
  }
  const { decision, identity, listed } = parts.assign(pod);
  const { credentials, failure } = identity
    ? parts.vault.peek(identity)
    : { credentials: null, failure: null };
  return {
    address,
    ...(pod.kind === 'container'
      ? { container: { name: pod.name, id: pod.uid } }
      : {
          pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, isTerminating: pod.isTerminating },
        }),
    role: identity && {
      arn: identity.roleArn,
      listed,
      sessionName: identity.sessionName,
      durationSeconds: identity.durationSeconds,
    },
    refusal: decision.refusal,
    reasons: decision.reasons,
    credentials: identity && {
      key: credentials && keyEnding(credentials.accessKeyId),
      expiration: credentials && instant(credentials.expiresAtMs),
      failure: failure && { code: failure.check, kind: failure.kind, why: failure.message },
    },
    self,
  };
}

// What is told of the calls to STS: a log line for each issuance, and a refusal to each pod that is left
// without credentials by a failed one.
import { type CredentialFailure, type Credentials, type Identity, keyEnding } from './credentials/types.ts';
import type { VaultEvents } from './credentials/vault.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Refusals } from './refusals.ts';
import { instant } from './reply.ts';
import type { PodIndex } from './who/pod-index.ts';
import { nameOf } from './who/pod-record.ts';

export interface IssuanceParts {
  pods: PodIndex;
  refusals: Refusals;
  metrics: Metrics;
  log: Log;
}

export function issuanceTold({ pods, refusals, metrics, log }: IssuanceParts): VaultEvents {
  function podName(uid: string): string {
    const pod = pods.get(uid);
    return pod ? Object.values(nameOf(pod)).join('/') : uid;
  }

  function tellFailure(uid: string, identity: Identity, { kind, check, message }: CredentialFailure): void {
    const pod = pods.get(uid);
    if (!pod) return;
    const reason = kind === 'refused' ? 'CredentialsRefused' : 'CredentialsUnavailable';
    refusals.ofPod(pod, { check, reason, message, roleArn: identity.roleArn });
  }

  return {
    hit: () => metrics.hit(),
    issued(identity: Identity, credentials: Credentials, holders) {
      metrics.issued();
      log.info(
        {
          role: identity.roleArn,
          session: identity.sessionName,
          key: keyEnding(credentials.accessKeyId),
          expiration: instant(credentials.expiresAtMs),
          pods: holders.map(podName),
        },
        'issued',
      );
    },
    putOff(uid, identity, failure) {
      metrics.putOff();
      tellFailure(uid, identity, failure);
    },
    failed(identity, failure, holders, stillValid) {
      if (!stillValid) {
        for (const uid of holders) tellFailure(uid, identity, failure);
        return;
      }
      log.warn(
        {
          role: identity.roleArn,
          check: failure.check,
          why: failure.message,
          validUntil: instant(stillValid.expiresAtMs),
        },
        'not renewed',
      );
    },
  };
}

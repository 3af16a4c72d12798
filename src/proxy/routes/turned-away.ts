// What is told of requests that are turned away before it matters which role the pod has. Its owner sees
// no more of them than an SDK without credentials.
import type { Ask, Parts } from '../parts.ts';
import type { RefusalNotice } from '../refusals.ts';

const NOTICES = {
  noToken: {
    check: 'ID010',
    reason: 'TokenMissing',
    message:
      'the pod asks for credentials without a session token (IMDSv2): its SDK is too old, unless the daemon is told --imds-tokens=optional',
  },
  badToken: {
    check: 'ID010',
    reason: 'SessionTokenRefused',
    message:
      'the pod asks for credentials with a session token that was not given to its address here, or has ended: SDKs that keep one from before they were led here need a restart',
  },
  foreignHost: {
    check: 'LK007',
    reason: 'ForeignHost',
    message:
      "a request of the pod has a Host header that is not the metadata service's, as DNS rebinding makes it",
  },
  forwarded: {
    check: 'LK007',
    reason: 'Forwarded',
    message: 'the pod asks for a session token with an X-Forwarded-For header, as an open proxy does',
  },
} as const satisfies Record<string, Omit<RefusalNotice, 'roleArn'>>;

/** Says so on the pod; an address that is no pod has nobody to be told. */
export function tellTurnedAway(ask: Ask, { pods, refusals }: Parts, why: keyof typeof NOTICES): void {
  const pod = pods.at(ask.address);
  if (pod) refusals.ofPod(pod, { ...NOTICES[why], roleArn: null });
}

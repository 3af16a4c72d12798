// The credentials document of the pod's role, in the form of EC2.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
import { resolveWith } from '../../model/role.ts';
import type { RoleSettings } from '../../model/snapshot.ts';
import type { Credentials } from '../credentials/types.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, credentialsFailed, instant, json, otherRole } from '../reply.ts';
import { type Soon, whenKnown } from '../soon.ts';
import { callerNow, findCaller } from './caller.ts';
import type { Caller } from './decide.ts';
import { type CallerOrAnswer, provide } from './provide.ts';

/** @param asked the role as written in the path */
export function answerDocument(ask: Ask, asked: string, parts: Parts): Soon<Answer> {
  const judge = (found: CallerOrAnswer): CallerOrAnswer => {
    if (!found.caller || isSameRole(asked, found.caller, parts.roles())) return found;
    return { caller: null, answer: refuseOtherRole(asked, found.caller, parts) };
  };
  return whenKnown(findCaller(ask, parts), (found) => {
    const { caller, answer } = judge(found);
    if (!caller) return answer;
    return provide(caller, parts, {
      again: ({ pod }) => judge(callerNow(ask, parts, pod)),
      give(given, credentials) {
        parts.audit({ ...given, credentials, address: ask.address, knownBy: 'address' });
        return documentOf(credentials);
      },
      failed: credentialsFailed,
    });
  });
}

/** The same for as long as the credentials are: written once. */
const written = new WeakMap<Credentials, Answer>();

function documentOf(credentials: Credentials): Answer {
  const known = written.get(credentials);
  if (known) return known;
  const answer = json({
    Code: 'Success',
    LastUpdated: instant(credentials.issuedAtMs),
    Type: 'AWS-HMAC',
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: instant(credentials.expiresAtMs),
  });
  written.set(credentials, answer);
  return answer;
}

function refuseOtherRole(asked: string, { pod, role }: Caller, parts: Parts): Answer {
  parts.refusals.ofPod(pod, {
    check: 'LK002',
    reason: 'OtherRole',
    message: `the ${pod.kind ?? 'pod'} asked for the role "${asked.slice(0, 200)}", and its own is ${role.arn.arn}`,
    roleArn: role.arn.arn,
  });
  return otherRole();
}

function isSameRole(asked: string, { role, listed }: Caller, settings: RoleSettings): boolean {
  if (asked === listed) return true;
  const resolved = resolveWith(settings, asked);
  return resolved.ok && resolved.role.arn === role.arn.arn;
}

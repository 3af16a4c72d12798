// The credentials document of the pod's role, in the form of EC2.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
import { resolveRole } from '../../model/arn.ts';
import type { RoleSettings } from '../../model/snapshot.ts';
import { CredentialFailure, type Credentials } from '../credentials/types.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, credentialsFailed, instant, json, otherRole, unknownCaller } from '../reply.ts';
import { type Soon, whenKnown } from '../soon.ts';
import { findCaller, isStillAt } from './caller.ts';
import type { Caller } from './decide.ts';

/** @param asked the role as written in the path */
export function answerDocument(ask: Ask, asked: string, parts: Parts): Soon<Answer> {
  return whenKnown(findCaller(ask, parts), ({ caller, answer }) => {
    if (!caller) return answer;
    if (!isSameRole(asked, caller, parts.roles())) return refuseOtherRole(asked, caller, parts);
    const held = parts.vault.atHand(caller.identity);
    return held ? documentFor(ask, caller, held, parts) : awaitDocument(ask, caller, parts);
  });
}

async function awaitDocument(ask: Ask, caller: Caller, parts: Parts): Promise<Answer> {
  try {
    return documentFor(ask, caller, await parts.vault.get(caller.identity), parts);
  } catch (error) {
    if (error instanceof CredentialFailure) return credentialsFailed(error);
    throw error;
  }
}

function documentFor(ask: Ask, caller: Caller, credentials: Credentials, parts: Parts): Answer {
  if (!isStillAt(ask, parts, caller.pod)) return unknownCaller(ask.address);
  parts.audit({ ...caller, credentials, address: ask.address, knownBy: 'address' });
  return documentOf(credentials);
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
    message: `the pod asked for the role "${asked.slice(0, 200)}", and its own is ${role.arn.arn}`,
    roleArn: role.arn.arn,
  });
  return otherRole();
}

function isSameRole(asked: string, { role, listed }: Caller, settings: RoleSettings): boolean {
  if (asked === listed) return true;
  const resolved = resolveRole(asked, settings.baseRoleArn);
  return resolved.ok && resolved.role.arn === role.arn.arn;
}

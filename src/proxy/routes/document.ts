// The credentials document of the pod's role, in the form of EC2.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
import { resolveRole } from '../../model/arn.ts';
import type { RoleSettings } from '../../model/snapshot.ts';
import { CredentialFailure } from '../credentials/types.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, credentialsFailed, instant, json, otherRole, unknownCaller } from '../reply.ts';
import { findCaller, isStillAt } from './caller.ts';
import type { Caller } from './decide.ts';

/** @param asked the role as written in the path */
export async function answerDocument(ask: Ask, asked: string, parts: Parts): Promise<Answer> {
  const { caller, answer } = await findCaller(ask, parts);
  if (!caller) return answer;
  if (!isSameRole(asked, caller, parts.roles())) {
    parts.refusals.ofPod(caller.pod, {
      check: 'LK002',
      reason: 'OtherRole',
      message: `the pod asked for the role "${asked.slice(0, 200)}", and its own is ${caller.role.arn.arn}`,
      roleArn: caller.role.arn.arn,
    });
    return otherRole();
  }
  try {
    const credentials = await parts.vault.get(caller.identity);
    if (!isStillAt(ask, parts, caller.pod)) return unknownCaller(ask.address);
    parts.audit({ ...caller, credentials, address: ask.address, knownBy: 'address' });
    return json({
      Code: 'Success',
      LastUpdated: instant(credentials.issuedAtMs),
      Type: 'AWS-HMAC',
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: instant(credentials.expiresAtMs),
    });
  } catch (error) {
    if (error instanceof CredentialFailure) return credentialsFailed(error);
    throw error;
  }
}

function isSameRole(asked: string, { role, listed }: Caller, settings: RoleSettings): boolean {
  if (asked === listed) return true;
  const resolved = resolveRole(asked, settings.baseRoleArn);
  return resolved.ok && resolved.role.arn === role.arn.arn;
}

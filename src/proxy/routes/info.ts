// iam/info: as an instance with the pod's role would answer it. The real one names the node's role.
import { CredentialFailure } from '../credentials/types.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, credentialsFailed, instant, json, unknownCaller } from '../reply.ts';
import { findCaller, isStillAt } from './caller.ts';

export async function answerInfo(ask: Ask, parts: Parts): Promise<Answer> {
  const { caller, answer } = await findCaller(ask, parts);
  if (!caller) return answer;
  try {
    const { issuedAtMs, assumedRoleId } = await parts.vault.get(caller.identity);
    if (!isStillAt(ask, parts, caller.pod)) return unknownCaller(ask.address);
    const { partition, account, path, name } = caller.role.arn;
    return json({
      Code: 'Success',
      LastUpdated: instant(issuedAtMs),
      InstanceProfileArn: `arn:${partition}:iam::${account}:instance-profile${path}${name}`,
      InstanceProfileId: assumedRoleId.split(':')[0],
    });
  } catch (error) {
    if (error instanceof CredentialFailure) return credentialsFailed(error);
    throw error;
  }
}

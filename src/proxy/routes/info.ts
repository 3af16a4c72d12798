// iam/info: as an instance with the pod's role would answer it. The real one names the node's role.
import type { Ask, Parts } from '../parts.ts';
import { type Answer, credentialsFailed, instant, json } from '../reply.ts';
import { type Soon, whenKnown } from '../soon.ts';
import { callerNow, findCaller } from './caller.ts';
import { provide } from './provide.ts';

export function answerInfo(ask: Ask, parts: Parts): Soon<Answer> {
  return whenKnown(findCaller(ask, parts), ({ caller, answer }) => {
    if (!caller) return answer;
    return provide(caller, parts, {
      again: ({ pod }) => callerNow(ask, parts, pod),
      give({ role }, { issuedAtMs, assumedRoleId }) {
        const { partition, account, path, name } = role.arn;
        return json({
          Code: 'Success',
          LastUpdated: instant(issuedAtMs),
          InstanceProfileArn: `arn:${partition}:iam::${account}:instance-profile${path}${name}`,
          InstanceProfileId: assumedRoleId.split(':')[0],
        });
      },
      failed: credentialsFailed,
    });
  });
}

// LK005: iam/info may tell a pod of its own role alone, and identity-credentials (the instance's own
// keys, used by AWS's agents) is for no pod at all.
import type { Finding } from '../model/finding.ts';
import type { Attempt, ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgeAttempts } from './attempts.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeAttempts(snapshot, {
    names: ['iam-info', 'identity-credentials'],
    expected: "iam/info tells of the pod's own role alone, and identity-credentials is not answered",
    why: "they give away the node's instance profile and credentials of the instance",
    isBreach: (attempt, observation, name) =>
      name === 'iam-info' ? isForeignInfo(attempt, observation) : attempt.leaked || attempt.status === 200,
    fix: 'update the proxy, or take the path out of --allow-paths',
  });

function isForeignInfo({ status, body, leaked }: Attempt, { expectedRole }: ProbeObservation): boolean {
  if (status !== 200) return leaked;
  const name = expectedRole?.slice(expectedRole.lastIndexOf('/') + 1) ?? '';
  const account = expectedRole?.split(':')[4] ?? '';
  const profile = /"InstanceProfileArn"\s*:\s*"([^"]*)"/.exec(body ?? '')?.[1] ?? '';
  return name === '' || !(profile.includes(`:${account}:`) && profile.endsWith(`/${name}`));
}

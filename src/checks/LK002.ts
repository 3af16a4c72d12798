// LK002: a pod must not get another role by naming it. A role that nobody has is refused by STS as well,
// so for an invented one only the daemon's own word counts as a no.
import type { Finding } from '../model/finding.ts';
import { INVENTED_ROLE } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { OTHER_ROLE } from '../model/sts-refusal.ts';
import { judgeAttempts } from './attempts.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeAttempts(snapshot, {
    names: ['other-role'],
    expected: "another role's document is refused",
    why: 'a pod that may name its role has all of them',
    isProxysNo: ({ path, code }) => code === OTHER_ROLE || !path.endsWith(`/${INVENTED_ROLE}`),
    isBreach: ({ status, leaked }) => leaked || status === 200,
    fix: 'see what answers at 169.254.169.254: the proxy serves a pod its own role alone',
  });

// LK002: a pod must not get another role by naming it.
import type { Finding } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgeAttempts } from './attempts.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeAttempts(snapshot, {
    names: ['other-role'],
    expected: "another role's document is refused",
    why: 'a pod that may name its role has all of them',
    isBreach: ({ status, leaked }) => leaked || status === 200,
    fix: 'see what answers at 169.254.169.254: the proxy serves a pod its own role alone',
  });

// LK004: the newer listing of Amazon's hosts, security-credentials-extended, must not be a way round.
import type { Finding } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgeAttempts } from './attempts.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeAttempts(snapshot, {
    names: ['extended', 'extended-role'],
    expected: 'security-credentials-extended is not answered',
    why: "passed through, it gives away the node's role; SDKs that try it fall back on 404",
    isBreach: ({ status, leaked }) => leaked || status === 200,
    fix: 'update the proxy, or take the path out of --allow-paths',
  });

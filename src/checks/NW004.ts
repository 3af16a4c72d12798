// NW004: a rule of somebody else's that a pod's request meets before ours, such as another credential
// proxy's, leads it elsewhere; the keeper of each node's redirect looks for them.
import type { Finding } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgeRedirect } from './redirect.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeRedirect(snapshot, 'NW004', {
    expected: "nobody else's rule for the metadata service's address comes before the redirect",
    good: 'the keeper of the redirect sees none',
    why: "pods' requests go where the first rule leads them: to another proxy, to a port where nobody listens, or past all to the real endpoint",
    fix: {
      text: 'take the rule away on the node, with whatever sets it',
      command: 'pod-iam explain NW004',
      patch: null,
    },
  });

// NW013: the node must let many connections wait, and be able to limit those of one pod, or its neighbours
// wait with it; the keeper of each node's redirect looks whether it does.
import type { Finding } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { judgeRedirect } from './redirect.ts';

export const run = (snapshot: Snapshot): Finding[] =>
  judgeRedirect(snapshot, 'NW013', {
    expected: "the node queues the pods' connections and limits how many one pod opens",
    good: 'the keeper of the redirect misses nothing',
    why: 'beside a pod that opens connections without end others wait, and most SDKs give up after a second',
    fix: {
      text: 'give the node what it lacks',
      command: 'pod-iam explain NW013',
      patch: null,
    },
  });

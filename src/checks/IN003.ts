// IN003: a rollout of the daemon that does not go on leaves nodes with an old configuration.
import { type Finding, pass, subject, warn } from '../model/finding.ts';
import { quote } from '../model/shell.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = "all of the daemon's pods are of the newest configuration";
const why = 'a node whose daemon is of the old configuration decides by old settings';

export function run(snapshot: Snapshot): Finding[] {
  const { proxy } = snapshot;
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected)];
  if (proxy.value === null) return [];
  const { daemonSet, namespace, desired, updated } = proxy.value;
  const of = subject('DaemonSet', daemonSet, { namespace });
  if (desired === 0)
    return [
      warn(of, {
        expected: 'the DaemonSet selects nodes',
        observed: 'it selects no node at all',
        why: 'without a daemon no pod of any node is served',
        fix: { text: "put the DaemonSet's node selector right", command: 'pod-iam install', patch: null },
      }),
    ];
  if (updated >= desired) return [pass(of, { expected, observed: `${updated} of ${desired}`, why })];
  return [
    warn(of, {
      expected,
      observed: `${updated} of ${desired} pods are updated`,
      why,
      fix: {
        text: 'start the rollout, or wait for it',
        command: `kubectl rollout restart daemonset/${quote(daemonSet)} -n ${quote(namespace)}`,
        patch: null,
      },
    }),
  ];
}

// IN008: on a node that has just joined, pods may start before the daemon is ready, and find the real
// metadata service. A taint that the daemon lifts keeps them away until then.
import { parseDaemonFlags } from '../model/daemon-flags.ts';
import { type Finding, fail, pass, subject, warn } from '../model/finding.ts';
import type { ProxyInstall, Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = 'new nodes take no pods until the daemon is ready there';
const why = "a pod that starts before the daemon on its node gets the node's role, or no credentials at all";
const DEFAULT_KEY = 'pod-iam.dev/agent-not-ready';

export function run(snapshot: Snapshot): Finding[] {
  const { proxy, nodes } = snapshot;
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected, why)];
  if (proxy.value === null) return [];
  const { namespace, daemonSet, daemons } = proxy.value;
  const of = subject('DaemonSet', daemonSet, { namespace });
  const key = taintIn(proxy.value);
  if (key === null)
    return [
      warn(of, {
        expected,
        observed: 'the daemon lifts no taint from new nodes (--startup-taint)',
        why,
        fix: {
          text: 'let the daemon lift a taint, then let nodes register with it; on EC2 a hop limit of 1 guards them as well (GR005)',
          command: `pod-iam upgrade --startup-taint=${DEFAULT_KEY}`,
          patch: null,
        },
      }),
    ];
  if (nodes.state === 'unknown') return [unread(nodes, of, expected, why)];
  const stuck = nodes.value.filter(
    ({ name, taints }) =>
      taints.some((taint) => taint.key === key) && daemons.some(({ node, ready }) => node === name && ready),
  );
  if (stuck.length === 0)
    return [pass(of, { expected, observed: `the daemon lifts the taint ${key} where it is ready`, why })];
  return stuck.map(({ name }) =>
    fail(subject('Node', name, { node: name }), {
      expected: `the daemon lifts the taint ${key} where it is ready`,
      observed: `the daemon is ready, and the node still has the taint ${key}`,
      why: 'nothing but what tolerates the taint starts on the node',
      fix: {
        text: 'see whether the daemon may patch its node (IN005)',
        command: 'pod-iam status',
        patch: null,
      },
    }),
  );
}

function taintIn({ args }: ProxyInstall): string | null {
  const given = args.filter((argument) => argument.startsWith('--startup-taint='));
  const key = given.length > 0 ? parseDaemonFlags(given)['startup-taint'] : null;
  return typeof key === 'string' ? key : null;
}

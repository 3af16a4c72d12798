// IN002: the daemon must be ready on every node that runs annotated pods; elsewhere it is a warning,
// because the next such pod may be scheduled there.
import { type Finding, fail, pass, subject, warn } from '../model/finding.ts';
import type { DaemonFact, NodeFact, Snapshot } from '../model/snapshot.ts';
import { annotatedPods, clusterSubject, isClusterWide, unread } from './shared.ts';

const expected = 'the daemon is ready on the node';
const why = "pods on a node without a ready daemon get no credentials, or the node's";

export function run(snapshot: Snapshot): Finding[] {
  const { nodes, pods, proxy, settings } = snapshot;
  const cluster = clusterSubject(snapshot);
  for (const fact of [proxy, nodes, pods])
    if (fact.state === 'unknown') return [unread(fact, cluster, expected)];
  if (proxy.state === 'unknown' || nodes.state === 'unknown' || pods.state === 'unknown') return [];
  if (proxy.value === null) return [];
  const { daemons } = proxy.value;
  const annotated = annotatedPods(pods.value, settings);
  return nodes.value.flatMap((node) => {
    const own = annotated.filter((pod) => pod.node === node.name).length;
    const daemon = daemons.find((candidate) => candidate.node === node.name);
    return judge(node, own, inWords(own, isClusterWide(snapshot)), daemon);
  });
}

function inWords(pods: number, isWhole: boolean): string {
  if (pods > 0) return `it runs ${pods} annotated ${pods === 1 ? 'pod' : 'pods'}`;
  return isWhole ? 'it runs no annotated pods now' : 'it runs none of the annotated pods that were read';
}

function judge(node: NodeFact, pods: number, runs: string, daemon: DaemonFact | undefined): Finding[] {
  const of = subject('Node', node.name, { node: node.name });
  if (node.notServable !== null) {
    if (pods === 0) return [];
    return [
      fail(of, {
        expected: 'annotated pods run on nodes that the proxy can serve',
        observed: `${runs}, and ${node.notServable}`,
        why,
        fix: {
          text: 'keep annotated pods off such nodes, or give their service account a role by IRSA',
          command: null,
          patch: null,
        },
      }),
    ];
  }
  if (daemon?.ready) return [pass(of, { expected, observed: `ready: ${daemon.pod}`, why })];
  if (pods === 0 && !node.schedulable) return [];
  const observed = daemon
    ? `the daemon ${daemon.pod} is not ready${daemon.lastMessage ? `: ${daemon.lastMessage}` : ''}; ${runs}`
    : `no daemon runs on the node; ${runs}`;
  const words = {
    expected,
    observed,
    why,
    evidence: node.taints.map(({ key, value, effect }) => ({
      what: 'taint',
      value: `${key}${value ? `=${value}` : ''}:${effect}`,
    })),
    fix: daemon
      ? {
          text: 'read what the daemon and the kubelet say of it',
          command: 'pod-iam status',
          patch: null,
        }
      : {
          text: "see whether a taint or the DaemonSet's node selector keeps the daemon away",
          command: 'pod-iam install',
          patch: null,
        },
  };
  return [pods > 0 ? fail(of, words) : warn(of, words)];
}

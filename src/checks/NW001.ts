// NW001: from a pod, 169.254.169.254 must lead to the daemon of its own node. Only the proxy answers
// the canary path, and it must name this very pod and node, so nothing else can stand in for it.
import { type Evidence, type Finding, fail, pass, type Subject, subject, unknown } from '../model/finding.ts';
import type { CanaryAnswer, ProbeObservation } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText, byNodeName, notSeen, probeName } from './observed.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = 'the proxy of the node answers /-/pod-iam and knows the pod that asks';
const why = "what is not intercepted reaches the real endpoint, and with it the node's role";

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  const byNode = byNodeName(probes.value);
  return [...byNode].map(([node, observations]) => {
    const of = subject('Node', node, { node });
    // The worst that was seen on the node counts.
    const judged = observations.map((observation) => judge(observation, of));
    return (
      judged.find(({ status }) => status === 'fail') ??
      judged.find(({ status }) => status === 'unknown') ??
      judged[0]!
    );
  });
}

function judge(observation: ProbeObservation, of: Subject): Finding {
  const unseen = notSeen(observation, of, { expected, why });
  if (unseen) return unseen;
  const { canary, harmless } = observation;
  const evidence = [
    { what: `canary asked by ${probeName(observation)}`, value: answerText(canary) },
    { what: 'placement/availability-zone', value: answerText(harmless) },
  ];
  return canary?.isProxy
    ? judgeProxy(canary, observation, of, evidence)
    : judgeOther(observation, of, evidence);
}

/** The proxy has answered: for this pod, and that of this node? */
function judgeProxy(
  { takenFor, daemonNode, version }: CanaryAnswer,
  { namespace, pod, node }: ProbeObservation,
  of: Subject,
  evidence: Evidence[],
): Finding {
  const control = {
    what: 'the canary names this pod and this node, which no other endpoint can know',
    outcome: `${takenFor ?? 'nobody'} on ${daemonNode ?? 'an unnamed node'}`,
  };
  if (takenFor !== `${namespace}/${pod}`)
    return fail(of, {
      expected,
      observed: `the proxy took ${namespace}/${pod} for ${takenFor ?? 'nobody that it knows'}`,
      why: 'a proxy that mistakes the caller gives it another role, or none',
      evidence,
      control,
      fix: {
        text: "see whether the pod's address reaches the daemon unchanged (no SNAT in between)",
        command: 'pod-iam explain NW001',
        patch: null,
      },
    });
  if (daemonNode !== node)
    return fail(of, {
      expected,
      observed: `the daemon of ${daemonNode ?? 'an unnamed node'} answered`,
      why: 'a daemon knows the pods of its own node alone',
      evidence,
      control,
      fix: { text: 'each node must redirect to its own address', command: 'pod-iam status', patch: null },
    });
  return pass(of, {
    expected,
    observed: `answered by version ${version ?? 'unknown'}`,
    why,
    evidence,
    control,
  });
}

/** Something else has answered, or nothing: a harmless path tells which. */
function judgeOther({ canary, harmless }: ProbeObservation, of: Subject, evidence: Evidence[]): Finding {
  const control = {
    what: 'a harmless path of the same address, with the same token',
    outcome: answerText(harmless),
  };
  if (harmless?.status === 200)
    return fail(of, {
      expected,
      observed: `something else answers at 169.254.169.254 (the canary: ${answerText(canary)}), by all signs the real instance metadata service`,
      why,
      evidence,
      control,
      fix: {
        text: 'put the redirect on the node: the daemon must run there and its rule be in place',
        command: 'pod-iam status',
        patch: null,
      },
    });
  return unknown(of, {
    expected,
    observed:
      (canary?.status ?? 0) === 0
        ? `nothing answers at 169.254.169.254: ${canary?.failure ?? 'not asked'}`
        : `the canary: ${answerText(canary)}; the harmless path: ${answerText(harmless)}`,
    why: 'either the daemon is down and its rule refuses (as it should), or a network policy or the network drops the packets',
    evidence,
    control,
    fix: {
      text: "see whether the node's daemon is ready, and whether egress to the node's address and port is allowed",
      command: 'pod-iam status',
      patch: null,
    },
  });
}

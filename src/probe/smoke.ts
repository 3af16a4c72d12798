// The proof after an installation: on every node a pod without a role must be answered by the daemon
// of its own node, in the version just installed, and be taken for itself.
import type { Kube } from '../cluster/kube.ts';
import { INVENTED_ROLE, type ProbeObservation } from '../model/observation.ts';
import type { ProbePlan } from './plan.ts';
import { type RunOptions, runProbes } from './run.ts';

export interface SmokeOptions extends RunOptions {
  namespace: string;
  nodes: readonly string[];
  /** The version that every daemon must tell. */
  version: string;
}

export interface SmokeResult {
  node: string;
  ok: boolean;
  /** What was seen, in words. */
  what: string;
  /** The next step when it is not ok. */
  next: string | null;
}

/** One result per node, in the order given; and what of the run could not be taken away. */
export async function smokeProbes(
  kube: Kube,
  options: SmokeOptions,
): Promise<{ results: SmokeResult[]; left: string[] }> {
  const plan: ProbePlan = {
    notCovered: [],
    probes: options.nodes.map((node, index) => ({
      id: `p${index + 1}`,
      kind: 'bare',
      workload: null,
      namespace: options.namespace,
      node,
      serviceAccount: 'default',
      annotations: {},
      tolerations: [{ operator: 'Exists' }],
      expectedRole: null,
      otherRole: INVENTED_ROLE,
      sources: ['imds'],
      container: null,
    })),
  };
  const { observations, left } = await runProbes(kube, plan, options);
  return { results: observations.map((observation) => judgeSmoke(observation, options.version)), left };
}

/** Whether a bare probe was answered by its own node's daemon, of this version, as the pod that it is. */
export function judgeSmoke(observation: ProbeObservation, version: string): SmokeResult {
  const node = observation.node ?? '';
  const bad = (what: string, next: string): SmokeResult => ({ node, ok: false, what, next });
  const { outcome, canary, token } = observation;
  if (outcome.state === 'not-run') return bad(outcome.why, outcome.next);
  if (outcome.state === 'broken') return bad(outcome.why, 'pod-iam doctor --active --keep');
  const explain = 'pod-iam explain NW001';
  if (!canary?.isProxy)
    return bad(
      canary?.failure
        ? `nothing answers at the metadata address: ${canary.failure}`
        : 'the metadata address is answered by something else than the daemon',
      explain,
    );
  if (canary.takenFor !== `${observation.namespace}/${observation.pod}`)
    return bad(`the daemon took the pod for ${canary.takenFor ?? 'nobody it knows'}`, explain);
  if (canary.daemonNode !== node)
    return bad(`the daemon of ${canary.daemonNode ?? 'an unnamed node'} answered`, explain);
  if (canary.version !== version)
    return bad(`the daemon is of version ${canary.version ?? 'unknown'}, not ${version}`, 'pod-iam upgrade');
  if (token?.status !== 200) return bad('no session token was issued', 'pod-iam explain NW010');
  return { node, ok: true, what: `answered by version ${version} in ${canary.ms} ms`, next: null };
}

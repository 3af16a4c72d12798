// Runs planned probes and takes everything away again, whatever happens: one observation per probe
// comes back, also for those that could not run, with the reason and the next step.
import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Kube } from '../cluster/kube.ts';
import type { ProbeObservation } from '../model/observation.ts';
import { Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { cleanUpRun } from './cleanup.ts';
import { followProbe } from './follow.ts';
import { emptyObservation } from './parse.ts';
import type { PlannedProbe, ProbePlan } from './plan.ts';
import { type PodOptions, podName, probePod, runConfigMap } from './pod.ts';

export interface RunOptions extends Omit<PodOptions, 'runId'> {
  /** Ends the run early; what has been started is still taken away. */
  signal: AbortSignal;
  /** How long one probe may take from its creation to its log, ms. */
  timeoutMs: number;
  /** Pods at a time. */
  concurrency: number;
  /** Leave the pods, to look at them. */
  keep: boolean;
  progress: Progress;
}

export interface ProbeRun {
  runId: string;
  /** In the order of the plan. */
  observations: ProbeObservation[];
  /** Objects of the run that could not be taken away, as `kind namespace/name`; empty with `keep`. */
  left: string[];
}

/** Runs the planned pods, and takes away whatever happens all that it made. Never throws for a single pod. */
export async function runProbes(kube: Kube, plan: ProbePlan, options: RunOptions): Promise<ProbeRun> {
  const runId = randomBytes(4).toString('hex');
  const pod: PodOptions = { ...options, runId };
  const namespaces = [...new Set(plan.probes.map(({ namespace }) => namespace))].sort();
  const limit = pLimit(Math.max(1, options.concurrency));
  const owners = new Owners(kube, runId);
  let done = 0;

  const runOne = async (probe: PlannedProbe): Promise<ProbeObservation> => {
    const place = { name: podName(runId, probe.id), node: probe.node };
    const notRun = (why: string, next: string): ProbeObservation =>
      emptyObservation(probe, place, { state: 'not-run', why, next });
    const interrupted = notRun('the run was interrupted', 'run it again');
    if (options.signal.aborted) return interrupted;
    try {
      await owners.admit(probe, pod);
      if (options.signal.aborted) return interrupted;
      await kube.create(probePod(probe, pod, await owners.uid(probe.namespace)));
      const observation = await followProbe(kube, probe, place.name, options);
      done += 1;
      options.progress.detail(`${done} of ${plan.probes.length}, ${inWords(observation)}`);
      return observation;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const observation = notRun([error.message, error.why].filter(Boolean).join(': '), error.next);
      done += 1;
      options.progress.detail(`${done} of ${plan.probes.length}, ${inWords(observation)}`);
      return observation;
    }
  };

  options.progress.step(`asking from ${plan.probes.length} diagnostic pods`);
  let left: string[] = [];
  let observations: PromiseSettledResult<ProbeObservation>[] = [];
  try {
    // Settled and not only awaited: nothing may be created after the clean-up below has begun.
    observations = await Promise.allSettled(plan.probes.map((probe) => limit(runOne, probe)));
  } finally {
    if (options.keep)
      options.progress.step(`diagnostic pods kept; remove them with: ${removal(kube, runId, namespaces)}`);
    else {
      options.progress.step('cleaning up the diagnostic pods');
      left = await cleanUpRun(kube, runId, namespaces);
      options.progress.step(
        left.length === 0
          ? 'diagnostic pods cleaned up: 0 objects left'
          : `${left.length} objects left: ${left.join(', ')}; remove them with: ${removal(kube, runId, namespaces)}`,
      );
    }
  }
  const failure = observations.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  return {
    runId,
    observations: observations.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    left,
  };
}

/** Each namespace's ConfigMap, made once, after a dry run has shown that its pods would be admitted. */
class Owners {
  readonly #kube: Kube;
  readonly #runId: string;
  readonly #uids = new Map<string, Promise<string>>();

  constructor(kube: Kube, runId: string) {
    this.#kube = kube;
    this.#runId = runId;
  }

  /** Throws the Problem of whatever would refuse this pod: a webhook, Pod Security, a quota, RBAC. */
  async admit(probe: PlannedProbe, options: PodOptions): Promise<void> {
    await this.#kube.create(probePod(probe, options, null), { dryRun: true });
  }

  uid(namespace: string): Promise<string> {
    const made = this.#uids.get(namespace) ?? this.#create(namespace);
    this.#uids.set(namespace, made);
    return made;
  }

  async #create(namespace: string): Promise<string> {
    const { metadata } = await this.#kube.create(runConfigMap(this.#runId, namespace));
    return metadata.uid ?? '';
  }
}

function inWords({ workload, namespace, node, outcome, kind }: ProbeObservation): string {
  const who = workload ?? `${kind} pod in ${namespace}`;
  const where = node === null ? '' : ` on ${node}`;
  if (outcome.state === 'ran') return `${who}${where}: answered`;
  return `${who}${where}: ${outcome.state === 'not-run' ? 'not run' : 'unreadable'}, ${outcome.why}`;
}

const removal = ({ context }: Kube, runId: string, namespaces: readonly string[]): string =>
  namespaces
    .map((namespace) => `${context.kubectl} delete pod,configmap -n ${namespace} -l pod-iam.dev/run=${runId}`)
    .join('; ');

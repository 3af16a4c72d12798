// Waits until a DaemonSet's pod is ready on every node that can be reached, and says early why one
// will not get ready.
import type { Kube, KubeObject, ObjectRef } from '../cluster/kube.ts';
import { isReady, type Trouble, troubleOf, warningsOf } from '../cluster/trouble.ts';
import { NAME_LABEL } from '../model/labels.ts';
import { environmentProblem, Problem, type ProblemDetails } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { pause } from './pause.ts';

export interface RolloutOptions {
  daemonSet: { name: string; namespace: string };
  /** Of the DaemonSet as it was applied. */
  generation: number;
  nodes: readonly string[];
  timeoutMs: number;
  signal: AbortSignal;
  progress: Progress;
  timing?: RolloutTiming | undefined;
}

export interface RolloutTiming {
  /** Between two looks. */
  pollMs: number;
  /** Pods that have just started are not ready yet; asking why before this would only cost requests. */
  patienceMs: number;
  /** What does not mend itself is reported this long after it was first seen: a registry may blink. */
  finalMs: number;
}

export interface NodeState {
  node: string;
  pod: string | null;
  ready: boolean;
  /** Why it is not ready; null when it is, or when nothing is known yet. */
  trouble: Trouble | null;
}

/** A rollout that did not come to its end, with how far each node got. */
export class RolloutProblem extends Problem {
  readonly states: readonly NodeState[];

  constructor(details: ProblemDetails, states: readonly NodeState[]) {
    super('environment', details);
    this.states = states;
  }
}

const usualTiming: RolloutTiming = { pollMs: 500, patienceMs: 2_000, finalMs: 4_000 };

/**
 * @returns the state of every node, all of them ready
 * @throws RolloutProblem with the reason per node, and the signal's reason when it is aborted
 */
export async function awaitRollout(kube: Kube, options: RolloutOptions): Promise<NodeState[]> {
  const { daemonSet, timeoutMs, signal, progress, timing = usualTiming } = options;
  const startedAtMs = Date.now();
  let finalSinceMs: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const elapsedMs = Date.now() - startedAtMs;
    const { states, isCurrent, refusal } = await look(kube, options, {
      asksWhy: elapsedMs >= timing.patienceMs,
    });
    const ready = states.filter(({ ready }) => ready).length;
    if (isCurrent && ready === states.length) return states;

    const isFinal = refusal !== null || states.some(({ trouble }) => trouble?.isFinal);
    finalSinceMs = isFinal ? (finalSinceMs ?? Date.now()) : null;
    if (finalSinceMs !== null && Date.now() - finalSinceMs >= timing.finalMs)
      throw stuck(kube, daemonSet, states, refusal, null);
    if (elapsedMs >= timeoutMs) throw stuck(kube, daemonSet, states, refusal, timeoutMs);
    const worst = refusal ?? firstTrouble(states);
    progress.detail(`${ready} of ${states.length} nodes ready${worst ? `; ${worst}` : ''}`);
    await pause(timing.pollMs, signal);
  }
}

async function look(
  kube: Kube,
  { daemonSet, generation, nodes }: RolloutOptions,
  { asksWhy }: { asksWhy: boolean },
): Promise<{ states: NodeState[]; isCurrent: boolean; refusal: string | null }> {
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'DaemonSet', ...daemonSet };
  const [object, pods] = await Promise.all([
    kube.read(ref),
    kube.list('v1', 'Pod', {
      namespace: daemonSet.namespace,
      labelSelector: `${NAME_LABEL}=${daemonSet.name}`,
    }),
  ]);
  if (object === null) throw vanished(daemonSet);
  const status = (object.status ?? {}) as Record<string, number | undefined>;
  const { observedGeneration = 0, desiredNumberScheduled = 0, updatedNumberScheduled = 0 } = status;
  // Pods on nodes that do not answer can neither be replaced nor counted on.
  const unreachable = Math.max(desiredNumberScheduled - nodes.length, 0);
  const isCurrent =
    observedGeneration >= generation && updatedNumberScheduled >= desiredNumberScheduled - unreachable;
  const states = await Promise.all(nodes.map((node) => stateOf(node, pods, asksWhy ? kube : null)));
  const refusal =
    asksWhy && states.some(({ pod }) => pod === null) ? await creationRefusal(kube, object) : null;
  return { states, isCurrent, refusal };
}

/** @param toAsk why a pod is not ready; null: nobody is asked yet */
async function stateOf(node: string, pods: readonly KubeObject[], toAsk: Kube | null): Promise<NodeState> {
  const own = pods.filter((pod) => nodeOf(pod) === node && pod.metadata.deletionTimestamp === undefined);
  const pod = own.at(-1);
  if (!pod) return { node, pod: null, ready: false, trouble: null };
  const ready = isReady(pod);
  return {
    node,
    pod: pod.metadata.name,
    ready,
    trouble: ready || toAsk === null ? null : await troubleOf(toAsk, pod),
  };
}

/** A DaemonSet's pod is pinned to its node by affinity before the scheduler has bound it. */
function nodeOf(pod: KubeObject): string | null {
  const { nodeName, affinity } = (pod.spec ?? {}) as { nodeName?: string; affinity?: object };
  if (nodeName) return nodeName;
  return (
    /"key":"metadata.name","operator":"In","values":\["([^"]+)"\]/.exec(
      JSON.stringify(affinity ?? {}),
    )?.[1] ?? null
  );
}

/** Quotas, Pod Security and webhooks speak when the controller creates the pod: only its events tell. */
async function creationRefusal(kube: Kube, daemonSet: KubeObject): Promise<string | null> {
  const refused = (await warningsOf(kube, daemonSet)).findLast(({ reason }) => reason === 'FailedCreate');
  return refused && Date.now() - refused.atMs < 60_000 ? `its pods are refused: ${refused.message}` : null;
}

function stuck(
  { context }: Kube,
  { name, namespace }: RolloutOptions['daemonSet'],
  states: readonly NodeState[],
  refusal: string | null,
  timeoutMs: number | null,
): Problem {
  const waiting = states.filter(({ ready }) => !ready);
  const after = timeoutMs === null ? '' : ` after ${timeoutMs / 1000} s`;
  const pod = waiting.find(({ pod }) => pod !== null)?.pod;
  const details = {
    code: timeoutMs === null ? 'ROLLOUT' : 'TIMEOUT',
    what: `${name} is ready on ${states.length - waiting.length} of ${states.length} nodes${after}`,
    why: refusal ?? reasonsOf(waiting),
    next: pod
      ? `${context.kubectl} describe pod -n ${namespace} ${pod}`
      : `${context.kubectl} describe daemonset -n ${namespace} ${name}`,
  };
  return new RolloutProblem(details, states);
}

/** `node1, node2: why; node3: why`: the same cause is told once. */
function reasonsOf(waiting: readonly NodeState[]): string {
  const nodesByReason = new Map<string, string[]>();
  for (const { node, trouble } of waiting) {
    const reason = trouble?.message ?? 'no pod yet';
    nodesByReason.set(reason, [...(nodesByReason.get(reason) ?? []), node]);
  }
  return [...nodesByReason].map(([reason, nodes]) => `${nodes.join(', ')}: ${reason}`).join('; ');
}

function firstTrouble(states: readonly NodeState[]): string | null {
  const found = states.find(({ trouble }) => trouble !== null);
  return found ? `${found.node}: ${found.trouble!.message}` : null;
}

const vanished = ({ name, namespace }: RolloutOptions['daemonSet']): Problem =>
  environmentProblem({
    code: 'ROLLOUT',
    what: `the DaemonSet ${namespace}/${name} was deleted while it was waited for`,
    next: 'pod-iam status',
  });

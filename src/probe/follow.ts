// Follows one diagnostic pod from its creation to its log, and tells early and in plain words why one
// cannot start: an image that cannot be pulled is known within seconds, not after a time-out.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import type { ProbeObservation } from '../model/observation.ts';
import type { Progress } from '../model/progress.ts';
import { emptyObservation, parseProbeLog } from './parse.ts';
import type { PlannedProbe } from './plan.ts';
import { PROBE_CONTAINER } from './pod.ts';

const POLL_MS = 400;
/** The scheduler may be slow, but a pinned pod that does not fit will not fit later. */
const UNSCHEDULABLE_PATIENCE_MS = 10_000;
const SLOW_PULL_MS = 10_000;

export interface FollowOptions {
  image: string;
  signal: AbortSignal;
  timeoutMs: number;
  progress: Progress;
}

interface PodStatus {
  phase?: string;
  reason?: string;
  message?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: { name: string; state?: ContainerState }[];
}
interface ContainerState {
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; message?: string; exitCode?: number };
}

/** Waits for a diagnostic pod to end, and reads its log. What keeps it from running is told in the outcome. */
export async function followProbe(
  kube: Kube,
  probe: PlannedProbe,
  name: string,
  options: FollowOptions,
): Promise<ProbeObservation> {
  const startedAt = Date.now();
  let node = probe.node;
  const notRun = (why: string, next: string): ProbeObservation =>
    emptyObservation(probe, { name, node }, { state: 'not-run', why, next });
  let saidSlow = false;

  for (;;) {
    const pod = await kube.read({ apiVersion: 'v1', kind: 'Pod', namespace: probe.namespace, name });
    if (pod === null) return notRun('the pod was deleted by someone else', 'run it again');
    const status = (pod.status ?? {}) as PodStatus;
    node = (pod.spec as { nodeName?: string } | undefined)?.nodeName ?? node;
    const state = status.containerStatuses?.find((container) => container.name === PROBE_CONTAINER)?.state;

    // Not the pod's phase: a sidecar that a mesh has put in would keep it from ever being Succeeded.
    if (state?.terminated) {
      if (neverStarted(state.terminated))
        return notRun(
          `the container could not be started: ${state.terminated.message ?? state.terminated.reason}`,
          imageHint(options.image),
        );
      const log = await kube.log(probe.namespace, name, { container: PROBE_CONTAINER });
      return parseProbeLog(log, probe, { name, node });
    }
    if (status.phase === 'Failed')
      return notRun(
        `the pod failed: ${status.message ?? status.reason ?? 'no reason given'}`,
        'run it again',
      );
    const waiting = waitingTrouble(state);
    if (waiting !== null) return notRun(waiting, imageHint(options.image));

    const elapsedMs = Date.now() - startedAt;
    const unschedulable = status.conditions?.find(
      (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
    );
    if (unschedulable && elapsedMs > UNSCHEDULABLE_PATIENCE_MS)
      return notRun(
        `no node takes it: ${unschedulable.message ?? unschedulable.reason}`,
        'make room on the node, or leave the workload out',
      );
    if (elapsedMs > options.timeoutMs) {
      const last = await lastWarning(kube, pod);
      return notRun(
        `it had not ended after ${Math.round(options.timeoutMs / 1000)} s${last === null ? '' : `: ${last}`}`,
        'give it more time with --timeout',
      );
    }
    if (elapsedMs > SLOW_PULL_MS && !saidSlow && state?.waiting) {
      saidSlow = true;
      const last = await lastWarning(kube, pod);
      options.progress.step(
        `${probe.namespace}/${name} still waits on ${node ?? 'no node yet'}: ${last ?? `pulling ${options.image}`}`,
      );
    }
    try {
      await sleep(POLL_MS, undefined, { signal: options.signal });
    } catch {
      return notRun('the run was interrupted', 'run it again');
    }
  }
}

const neverStarted = ({ reason }: { reason?: string }): boolean =>
  reason === 'StartError' || reason === 'ContainerCannotRun';

const imageHint = (image: string): string =>
  `--probe-image NAME, an image that this cluster can pull and that holds sh and curl 7.75 or newer (now ${image})`;

// https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go
const PULL_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);
const START_REASONS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

function waitingTrouble(state: ContainerState | undefined): string | null {
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined) return null;
  if (PULL_REASONS.has(reason)) return `the image cannot be pulled: ${message ?? reason}`;
  if (START_REASONS.has(reason)) return `the container cannot be started: ${message ?? reason}`;
  return null;
}

/** The newest Warning event of a pod; null when there is none or events may not be read. */
async function lastWarning(kube: Kube, pod: KubeObject): Promise<string | null> {
  try {
    const events = await kube.list('v1', 'Event', {
      namespace: pod.metadata.namespace,
      fieldSelector: `involvedObject.name=${pod.metadata.name},type=Warning`,
    });
    const at = (event: KubeObject): string =>
      String(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '');
    const newest = events.sort((a, b) => at(a).localeCompare(at(b))).at(-1);
    return newest ? String(newest.message ?? newest.reason) : null;
  } catch {
    return null;
  }
}

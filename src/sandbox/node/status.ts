// A pod's status from the states of its containers.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
import type { Condition, ContainerStatus, Pod, PodStatus } from './pod.ts';

export interface PodState {
  startedAt: string;
  podIp: string;
  hostIp: string;
  containers: ContainerStatus[];
  initContainers: ContainerStatus[];
  /** All init containers have ended well; sidecars among them have started. */
  isInitialized: boolean;
  /** The kubelet has ended the pod by itself. */
  failure: { reason: string; message: string } | null;
}

export function podStatus(pod: Pod, state: PodState): PodStatus {
  const { startedAt, podIp, hostIp, containers, initContainers, isInitialized, failure } = state;
  const phase = failure ? 'Failed' : phaseOf(pod, state);
  const isEnded = phase === 'Succeeded' || phase === 'Failed';
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const ready: Pick<Condition, 'status' | 'reason' | 'message'> = isEnded
    ? { status: 'False', reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted' }
    : unready.length === 0
      ? { status: 'True' }
      : {
          status: 'False',
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${unready.join(' ')}]`,
        };
  const initialized: Condition = isInitialized
    ? { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) }
    : {
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${initContainers.map(({ name }) => name).join(' ')}]`,
      };
  const own: Condition[] = [
    { type: 'PodReadyToStartContainers', status: isEnded ? 'False' : 'True' },
    initialized,
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...ready },
  ];
  return {
    ...pod.status,
    phase,
    ...(failure ?? {}),
    conditions: mergeConditions(pod.status?.conditions ?? [], own),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: startedAt,
    ...(initContainers.length > 0 ? { initContainerStatuses: initContainers } : {}),
    containerStatuses: containers,
  };
}

function phaseOf(pod: Pod, { containers, initContainers, isInitialized }: PodState): string {
  const { restartPolicy = 'Always' } = pod.spec;
  const failedInit = initContainers.some(
    ({ state }) => state.terminated && state.terminated.exitCode !== 0 && restartPolicy === 'Never',
  );
  if (failedInit) return 'Failed';
  if (!isInitialized) return 'Pending';
  const ends = containers.map(({ state }) => state.terminated);
  if (ends.every((end) => end !== undefined) && restartPolicy !== 'Always') {
    const hasFailed = ends.some((end) => end!.exitCode !== 0);
    if (!hasFailed) return 'Succeeded';
    if (restartPolicy === 'Never') return 'Failed';
  }
  // A container that waits for its restart has run: the pod is not pending again.
  const hasWaiting = containers.some(({ state, lastState }) => state.waiting && !lastState.terminated);
  return hasWaiting ? 'Pending' : 'Running';
}

/** Keeps the conditions of others (the scheduler's), and the time of those that did not change. */
function mergeConditions(before: readonly Condition[], own: readonly Condition[]): Condition[] {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const kept = before.filter(({ type }) => !own.some((condition) => condition.type === type));
  return [
    ...own.map((condition) => {
      const last = before.find(({ type }) => type === condition.type);
      const isSame = last?.status === condition.status && last.lastTransitionTime !== undefined;
      return {
        lastProbeTime: null,
        ...condition,
        lastTransitionTime: isSame ? last.lastTransitionTime! : now,
      };
    }),
    ...kept,
  ];
}

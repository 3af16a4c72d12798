// Says why a pod does not get ready, from its status, its events and its log.
import type { Kube, KubeObject } from './kube.ts';

export interface Trouble {
  kind: 'image' | 'crash' | 'config' | 'unschedulable' | 'mount' | 'not-ready';
  message: string;
  /** It will not mend itself by waiting. */
  isFinal: boolean;
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  image?: string;
  restartCount?: number;
  state?: { waiting?: State; terminated?: State & { exitCode: number }; running?: object };
  lastState?: { terminated?: State & { exitCode: number } };
}
interface State {
  reason?: string;
  message?: string;
}
interface PodStatus {
  phase?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

const statusOf = (pod: KubeObject): PodStatus => (pod.status ?? {}) as PodStatus;

export const isReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (statusOf(pod).conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

export const restartsOf = (pod: KubeObject): number =>
  (statusOf(pod).containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);

/** Null when the pod is ready. A log that may not be read is left out. */
export async function troubleOf(kube: Kube, pod: KubeObject): Promise<Trouble | null> {
  if (isReady(pod)) return null;
  const status = statusOf(pod);
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      kind: 'unschedulable',
      message: `not scheduled: ${scheduled.message ?? 'no reason'}`,
      isFinal: false,
    };
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const trouble = await containerTrouble(kube, pod, container);
    if (trouble) return trouble;
  }
  return (await mountTrouble(kube, pod)) ?? (await notReady(kube, pod));
}

async function containerTrouble(kube: Kube, pod: KubeObject, one: ContainerStatus): Promise<Trouble | null> {
  const { reason = '', message = '' } = one.state?.waiting ?? {};
  if (/ImagePull|InvalidImageName|ErrImageNeverPull|ImageInspectError/.test(reason)) {
    const why = message ? `: ${message}` : '';
    return {
      kind: 'image',
      message: `the image ${imageOf(pod, one)} cannot be pulled (${reason})${why}`,
      isFinal: true,
    };
  }
  if (/^CreateContainer|^RunContainerError/.test(reason))
    return {
      kind: 'config',
      message: `the container ${one.name} cannot be started: ${message || reason}`,
      isFinal: true,
    };
  const ended =
    one.state?.terminated ?? (reason === 'CrashLoopBackOff' ? one.lastState?.terminated : undefined);
  if (!ended) return null;
  const said = await lastLogLine(kube, pod, one.name, one.state?.terminated === undefined);
  const how = ended.reason === 'OOMKilled' ? 'ran out of memory' : `ended with exit code ${ended.exitCode}`;
  return {
    kind: 'crash',
    message: `the container ${one.name} ${how}${said ? `; it last said: ${said}` : ''}`,
    isFinal: (one.restartCount ?? 0) > 0,
  };
}

/** Volumes that cannot be mounted, sandboxes that cannot be made: only events tell. */
async function mountTrouble(kube: Kube, pod: KubeObject): Promise<Trouble | null> {
  const warnings = await warningsOf(kube, pod);
  const last = warnings.findLast(({ reason }) =>
    /^Failed(Mount|AttachVolume|CreatePodSandBox)$/.test(reason),
  );
  return last ? { kind: 'mount', message: last.message, isFinal: false } : null;
}

async function notReady(kube: Kube, pod: KubeObject): Promise<Trouble> {
  const waiting = (statusOf(pod).containerStatuses ?? []).find(({ ready }) => ready !== true);
  if (!waiting?.state?.running) return { kind: 'not-ready', message: 'starting', isFinal: false };
  const said = await lastLogLine(kube, pod, waiting.name, false);
  const message = `the container ${waiting.name} runs and is not ready${said ? `; it last said: ${said}` : ''}`;
  return { kind: 'not-ready', message, isFinal: false };
}

/** Warning events of an object, oldest first; none when they may not be read. */
export async function warningsOf(
  kube: Kube,
  object: KubeObject,
): Promise<{ reason: string; message: string; atMs: number }[]> {
  const { namespace, name, uid } = object.metadata;
  try {
    const events = await kube.list('v1', 'Event', {
      namespace,
      fieldSelector: `involvedObject.name=${name},type=Warning`,
    });
    return events
      .filter((event) => (event.involvedObject as { uid?: string } | undefined)?.uid === uid)
      .map(({ reason, message, lastTimestamp, eventTime, metadata }) => ({
        reason: String(reason ?? ''),
        message: String(message ?? ''),
        atMs: Date.parse(String(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0)),
      }))
      .sort((a, b) => a.atMs - b.atMs);
  } catch {
    return [];
  }
}

/** The last line that names an error, else the last; JSON lines are reduced to their words. */
async function lastLogLine(
  kube: Kube,
  pod: KubeObject,
  container: string,
  previous: boolean,
): Promise<string | null> {
  const { namespace = 'default', name } = pod.metadata;
  try {
    const text = await kube.log(namespace, name, { container, tailLines: 20, previous });
    const lines = text.trim().split('\n');
    const line =
      lines.slice(-5).findLast((one) => /^(\w*Error|fatal|panic):/i.test(one.trim())) ?? lines.at(-1);
    return line ? wordsOf(line.trim()).slice(0, 300) : null;
  } catch {
    return null;
  }
}

function wordsOf(line: string): string {
  try {
    const { msg, why, err } = JSON.parse(line) as { msg?: string; why?: string; err?: { message?: string } };
    return [msg, why, err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}

function imageOf(pod: KubeObject, { name, image }: ContainerStatus): string {
  const { containers = [], initContainers = [] } = (pod.spec ?? {}) as Record<
    string,
    { name: string; image: string }[] | undefined
  >;
  return [...containers, ...initContainers].find((one) => one.name === name)?.image ?? image ?? '';
}

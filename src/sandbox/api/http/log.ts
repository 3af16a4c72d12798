// pods/log: what a container printed, from the log that its emulated kubelet keeps.
import type { PodSpec } from '../defaults/pod.ts';
import { renderLine } from '../logs.ts';
import type { ApiObject } from '../object.ts';
import { readObject } from '../operations/read.ts';
import { badRequest } from '../status.ts';
import { isTrue } from './request.ts';
import type { Exchange } from './resources.ts';

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string } };
}

export function sendLog({ core, request, resource, response }: Exchange): void {
  const { query } = request;
  const pod = readObject(core, resource);
  const uid = pod.metadata.uid!;
  const container = containerOf(pod, query.get('container'));
  if (!(pod['spec'] as PodSpec).nodeName) {
    response.writeHead(204).end();
    return;
  }
  const isPrevious = isTrue(query.get('previous'));
  refuseWaiting(pod, container);
  const timestamps = isTrue(query.get('timestamps'));
  const text = core.logs.read(uid, container, {
    isPrevious,
    timestamps,
    ...number(query, 'tailLines', 'tailLines'),
    ...number(query, 'limitBytes', 'limitBytes'),
    ...(query.has('sinceSeconds') ? { sinceMs: Date.now() - Number(query.get('sinceSeconds')) * 1000 } : {}),
  });
  if (text === null) {
    throw badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
  }
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.write(text);
  if (!isTrue(query.get('follow')) || isPrevious) {
    response.end();
    return;
  }
  const stopLines = core.logs.follow(uid, container, (line) => response.write(renderLine(line, timestamps)));
  const stopPods = core.store.watch('pods', ({ type, object }) => {
    if (object.metadata.uid === uid && (type === 'DELETED' || isFinished(object))) finish();
  });
  const stop = (): void => {
    stopLines();
    stopPods();
  };
  const finish = (): void => {
    stop();
    response.end();
  };
  response.on('close', stop);
  if (isFinished(pod)) finish();
}

function containerOf(pod: ApiObject, wanted: string | null): string {
  const { containers, initContainers = [] } = pod['spec'] as PodSpec;
  const names = [...containers, ...initContainers].map(({ name }) => name);
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  if (containers.length === 1 && initContainers.length === 0) return containers[0]!.name;
  const chosen = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (chosen && names.includes(chosen)) return chosen;
  const inits =
    initContainers.length > 0
      ? ` or one of the init containers: [${initContainers.map(({ name }) => name).join(' ')}]`
      : '';
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.map(({ name }) => name).join(' ')}]${inits}`,
  );
}

function refuseWaiting(pod: ApiObject, container: string): void {
  const status = pod['status'] as {
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
  const known = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
  const waiting = known?.state?.waiting;
  if (!waiting || (known?.restartCount ?? 0) > 0) return;
  const isImage = waiting.reason === 'ErrImagePull' || waiting.reason === 'ImagePullBackOff';
  const why = isImage ? `trying and failing to pull image` : `waiting to start: ${waiting.reason}`;
  throw badRequest(`container "${container}" in pod "${pod.metadata.name}" is ${why}`);
}

const isFinished = (pod: ApiObject): boolean => {
  const { phase } = pod['status'] as { phase?: string };
  return phase === 'Succeeded' || phase === 'Failed';
};

const number = <Field extends string>(
  query: URLSearchParams,
  parameter: string,
  field: Field,
): { [Key in Field]?: number } =>
  query.has(parameter) ? ({ [field]: Number(query.get(parameter)) } as { [Key in Field]?: number }) : {};

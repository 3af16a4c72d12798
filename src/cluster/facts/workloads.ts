// Ties pods to the topmost controller that made them: Deployment over ReplicaSet, CronJob over Job.
import type { PodFact, WorkloadFact, WorkloadKind } from '../../model/snapshot.ts';
import type { KubeObject } from '../kube.ts';
import { type PodTemplate, templateFact } from './template.ts';

/** The controllers that are listed, with the API version that serves them. */
export const CONTROLLER_KINDS: readonly (readonly [apiVersion: string, kind: WorkloadKind])[] = [
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'ReplicaSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
];

/** Where each kind keeps its pod template; a Pod is one itself. */
export const TEMPLATE_PATHS: Readonly<Record<WorkloadKind, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
};

const workloadId = (namespace: string, kind: string, name: string): string => `${namespace}/${kind}/${name}`;

/** All topmost controllers, with and without pods, and the pods that have none and are to stay. */
export function topmostWorkloads(
  controllers: readonly KubeObject[],
  pods: readonly KubeObject[],
): WorkloadFact[] {
  const byUid = indexByUid(controllers);
  const isTopmost = (object: KubeObject) => controllerOf(object, byUid) === null;
  return [...controllers.filter(isTopmost), ...pods.filter(isTopmost).filter((pod) => !isLeftover(pod))]
    .map((object) => workloadFact(object))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A pod that waits for its end: told to go, or the controller that made it is gone already. */
function isLeftover({ metadata }: KubeObject): boolean {
  if (metadata.deletionTimestamp !== undefined) return true;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return CONTROLLER_KINDS.some(([version, kind]) => owner?.apiVersion === version && owner.kind === kind);
}

/** @param object of one of the kinds of WorkloadKind. @param source the file that it was read from; null for the cluster */
export function workloadFact(object: KubeObject, source: WorkloadFact['source'] = null): WorkloadFact {
  const kind = object.kind as WorkloadKind;
  const { name, namespace = 'default', annotations = {} } = object.metadata;
  return {
    kind,
    namespace,
    name,
    id: workloadId(namespace, kind, name),
    annotations,
    template: templateFact(templateOf(object)),
    source,
  };
}

/** @param controllers ReplicaSets, Jobs and what owns them, to find the workload that each pod belongs to */
export function podFacts(pods: readonly KubeObject[], controllers: readonly KubeObject[]): PodFact[] {
  const byUid = indexByUid(controllers);
  return pods.map((pod) => podFact(pod, topmost(pod, byUid)));
}

function podFact(pod: KubeObject, top: KubeObject): PodFact {
  const status = (pod.status ?? {}) as {
    phase?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    conditions?: { type: string; status: string }[];
  };
  const { namespace = 'default', name, uid = '', creationTimestamp, deletionTimestamp } = pod.metadata;
  return {
    namespace,
    name,
    uid,
    node: (pod.spec as { nodeName?: string } | undefined)?.nodeName ?? null,
    ips: (status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : [])).map(({ ip }) => ip),
    phase: status.phase ?? 'Unknown',
    ready: (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
    terminating: deletionTimestamp !== undefined,
    createdAtMs: creationTimestamp ? Date.parse(creationTimestamp) : 0,
    workload: workloadId(namespace, top.kind, top.metadata.name),
    template: templateFact(pod as PodTemplate),
  };
}

function templateOf(object: KubeObject): PodTemplate {
  let at: unknown = object;
  for (const step of TEMPLATE_PATHS[object.kind as WorkloadKind])
    at = (at as Record<string, unknown>)?.[step];
  return (at ?? {}) as PodTemplate;
}

const indexByUid = (objects: readonly KubeObject[]): Map<string, KubeObject> =>
  new Map(objects.map((object) => [object.metadata.uid ?? '', object]));

function topmost(object: KubeObject, byUid: ReadonlyMap<string, KubeObject>): KubeObject {
  const above = controllerOf(object, byUid);
  return above === null ? object : topmost(above, byUid);
}

/** Null as well for owners that are not listed, such as a node (static pods) or a custom resource. */
function controllerOf(object: KubeObject, byUid: ReadonlyMap<string, KubeObject>): KubeObject | null {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return (owner && byUid.get(owner.uid)) || null;
}

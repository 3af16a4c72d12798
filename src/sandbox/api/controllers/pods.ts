// What the workload controllers share about pods: whose they are, whether they count, how one is made.
import { createHash } from 'node:crypto';
import type { Core } from '../core.ts';
import type { PodSpec } from '../defaults/pod.ts';
import { type ApiObject, copy, type Meta, type OwnerReference } from '../object.ts';
import { ApiError } from '../status.ts';
import type { LabelSelector } from '../store/selectors.ts';
import type { Change } from '../store/store.ts';
import type { SystemApi } from '../system.ts';

export interface PodTemplate {
  metadata?: Pick<Meta, 'labels' | 'annotations'>;
  spec: PodSpec;
}

export interface WorkloadSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplate;
  [field: string]: unknown;
}

export interface PodStatus {
  phase?: string;
  conditions?: { type: string; status: string; reason?: string }[];
}

export const specOf = (object: ApiObject): WorkloadSpec => object['spec'] as WorkloadSpec;
export const podSpec = (pod: ApiObject): PodSpec => pod['spec'] as PodSpec;
export const podStatus = (pod: ApiObject): PodStatus => (pod['status'] ?? {}) as PodStatus;

export const isTerminating = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp !== undefined;

export function isFinished(pod: ApiObject): boolean {
  const { phase } = podStatus(pod);
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Counts towards a workload's replicas. */
export const isActive = (pod: ApiObject): boolean => !isTerminating(pod) && !isFinished(pod);

export const isReady = (pod: ApiObject): boolean =>
  !isTerminating(pod) &&
  (podStatus(pod).conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** The keys `namespace/name` of the objects of a kind that a change is about or that control what changed. */
export function ownKeys({ key, object }: Change, resourceKey: string, kind: string): string[] {
  const { namespace, name, ownerReferences = [] } = object.metadata;
  if (key === resourceKey) return [`${namespace}/${name}`];
  return ownerReferences
    .filter((owner) => owner.controller && owner.kind === kind)
    .map((owner) => `${namespace}/${owner.name}`);
}

export const ownedBy = (core: Core, key: string, owner: ApiObject): ApiObject[] =>
  core.store
    .list(key, owner.metadata.namespace)
    .filter(({ metadata }) =>
      (metadata.ownerReferences ?? []).some(
        ({ uid, controller }) => controller && uid === owner.metadata.uid,
      ),
    );

export const controllerReference = ({ apiVersion, kind, metadata }: ApiObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid!,
  controller: true,
  blockOwnerDeletion: true,
});

export interface PodMaking {
  labels?: Record<string, string>;
  /** Instead of a name made up from the owner's. */
  name?: string;
  change?: (spec: PodSpec) => void;
}

/**
 * Creates a pod of the owner's template, with an event on the owner either way. Throws what the API
 * answers, such as a violated quota.
 */
export function createPod(
  api: SystemApi,
  owner: ApiObject,
  { labels, name, change }: PodMaking = {},
): ApiObject {
  const { template } = specOf(owner);
  const spec = copy(template.spec);
  change?.(spec);
  const metadata = {
    ...template.metadata,
    ...(name ? { name } : { generateName: `${owner.metadata.name}-` }),
    namespace: owner.metadata.namespace!,
    labels: { ...template.metadata?.labels, ...labels },
    ownerReferences: [controllerReference(owner)],
  };
  try {
    const pod = api.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    api.event(owner, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${pod.metadata.name}`,
    });
    return pod;
  } catch (error) {
    if (error instanceof ApiError) {
      api.event(owner, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: ${error.message}`,
      });
    }
    throw error;
  }
}

export function deletePod(api: SystemApi, owner: ApiObject, { metadata }: ApiObject): void {
  if (!api.remove('pods', metadata.namespace!, metadata.name)) return;
  api.event(owner, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${metadata.name}` });
}

/** Tells one template from another, as a label can hold it. */
export function templateHash(template: PodTemplate): string {
  const digest = createHash('sha256').update(JSON.stringify(template)).digest();
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(digest.subarray(0, 10), (byte) => letters[byte % letters.length]).join('');
}

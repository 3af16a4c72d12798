// DELETE: at once, gracefully (pods), after finalizers, or in the foreground of the garbage collector.
import type { Core } from '../core.ts';
import { type ApiObject, apiTime } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { type ApiError, conflict, notFound } from '../status.ts';
import type { Target } from './change.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
  isDryRun: boolean;
}

export interface Deletion {
  object: ApiObject;
  /** False while the kubelet, a finalizer or the namespace controller still has work to do. */
  isGone: boolean;
}

export function deleteObject(
  core: Core,
  { type, namespace, name }: Target,
  options: DeleteOptions,
): Deletion {
  const object = core.store.get(type.key, namespace, name);
  if (!object) throw notFound(type, name);
  checkPreconditions(type, object, options);
  const graceSeconds = graceOf(type, object, options.gracePeriodSeconds);
  const finalizers = finalizersOf(type, object, options.propagationPolicy);
  if (finalizers.length === 0 && graceSeconds === 0) {
    const last = type.key === 'pods' ? marked(type, object, 0, []) : object;
    if (!options.isDryRun) core.store.delete(type.key, namespace, name);
    return { object: last, isGone: true };
  }
  const terminating = marked(type, object, graceSeconds, finalizers);
  if (terminating === object || options.isDryRun) return { object: terminating, isGone: false };
  return { object: core.store.put(type.key, terminating), isGone: false };
}

function checkPreconditions(type: ResourceType, { metadata }: ApiObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  // Here, unlike elsewhere, the API calls the resource by its kind.
  const refuse = (why: string): ApiError =>
    conflict(
      { ...type, plural: type.kind, key: type.group ? `${type.kind}.${type.group}` : type.kind },
      metadata.name,
      why,
    );
  if (uid !== undefined && uid !== metadata.uid) {
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

// Only a pod that a kubelet may still be running gets time to end.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
function graceOf(type: ResourceType, object: ApiObject, asked: number | undefined): number {
  if (type.key !== 'pods') return 0;
  const spec = object['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const { phase } = (object['status'] ?? {}) as { phase?: string };
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return asked ?? spec.terminationGracePeriodSeconds ?? 30;
}

function finalizersOf(
  type: ResourceType,
  object: ApiObject,
  policy: DeleteOptions['propagationPolicy'],
): string[] {
  const finalizers = (object.metadata.finalizers ?? []).filter(
    (each) => each !== 'foregroundDeletion' && each !== 'orphan',
  );
  if (policy === 'Foreground') finalizers.push('foregroundDeletion');
  if (policy === 'Orphan') finalizers.push('orphan');
  // The namespace controller empties a namespace before it lets it go.
  if (type.key === 'namespaces') finalizers.push('kubernetes');
  return finalizers;
}

function marked(
  type: ResourceType,
  object: ApiObject,
  graceSeconds: number,
  finalizers: string[],
): ApiObject {
  const { metadata } = object;
  const isSooner = graceSeconds < (metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
  if (metadata.deletionTimestamp && !isSooner) return object;
  const stored = finalizers.filter((each) => each !== 'kubernetes');
  const terminating: ApiObject = {
    ...object,
    metadata: {
      ...metadata,
      deletionTimestamp: apiTime(Date.now() + graceSeconds * 1000),
      ...(type.key === 'namespaces' ? {} : { deletionGracePeriodSeconds: graceSeconds }),
      ...(stored.length > 0 ? { finalizers: stored } : {}),
    },
  };
  if (type.key === 'namespaces') terminating['status'] = { phase: 'Terminating' };
  if (metadata.generation !== undefined) terminating.metadata.generation = metadata.generation + 1;
  return terminating;
}

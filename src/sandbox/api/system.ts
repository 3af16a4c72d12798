// The cluster's own parts (controllers, emulated kubelets) change objects through this face: the same
// operations as over HTTPS, admission included, as a member of system:masters.
import { systemCaller } from './access/callers.ts';
import type { Core, WriteOptions } from './core.ts';
import { type ApiObject, apiTime, copy } from './object.ts';
import { patchObject, replaceObject } from './operations/change.ts';
import { createObject } from './operations/create.ts';
import { suffix } from './operations/names.ts';
import { type DeleteOptions, deleteObject } from './operations/remove.ts';
import { typeOf } from './resources.ts';
import { ApiError } from './status.ts';

export type NewObject = Omit<ApiObject, 'metadata'> & { metadata: Partial<ApiObject['metadata']> };

/** Keys are resource keys such as `pods` or `daemonsets.apps`; the namespace is empty for cluster objects. */
export interface SystemApi {
  /** Throws ApiError, as for a client. */
  create(key: string, object: NewObject): ApiObject;
  update(key: string, object: ApiObject): ApiObject;
  /** A merge patch. Null when the object is gone. */
  patch(key: string, namespace: string, name: string, patch: object): ApiObject | null;
  /** A merge patch of the status. Null when the object is gone. */
  patchStatus(key: string, namespace: string, name: string, status: object): ApiObject | null;
  /** False when it was gone already. */
  remove(key: string, namespace: string, name: string, options?: Partial<DeleteOptions>): boolean;
  /** Records an event about an object; one that repeats is counted up. */
  event(about: ApiObject, event: { type: 'Normal' | 'Warning'; reason: string; message: string }): void;
}

/** `manager` is the name that the fields' ownership and the events carry. */
export function systemApi(core: Core, manager: string): SystemApi {
  const options = (subresource: WriteOptions['subresource'] = ''): WriteOptions => ({
    caller: systemCaller,
    isDryRun: false,
    manager,
    subresource,
    fieldValidation: 'Strict',
    warn: () => {},
  });
  const patch = (
    key: string,
    namespace: string,
    name: string,
    change: object,
    subresource: WriteOptions['subresource'],
  ): ApiObject | null =>
    nullWhenGone(() =>
      patchObject(core, { type: typeOf(key), namespace, name }, 'merge', change, options(subresource)),
    );
  return {
    create: (key, object) =>
      createObject(core, typeOf(key), object.metadata.namespace ?? '', object as ApiObject, options()),
    update: (key, object) => {
      const { namespace = '', name } = object.metadata;
      return replaceObject(core, { type: typeOf(key), namespace, name }, object, options());
    },
    patch: (key, namespace, name, change) => patch(key, namespace, name, change, ''),
    patchStatus: (key, namespace, name, status) => patch(key, namespace, name, { status }, 'status'),
    remove: (key, namespace, name, remove = {}) =>
      nullWhenGone(() =>
        deleteObject(core, { type: typeOf(key), namespace, name }, { isDryRun: false, ...remove }),
      ) !== null,
    event: (about, event) => recordEvent(core, manager, about, event),
  };
}

function nullWhenGone<T>(action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return null;
    throw error;
  }
}

function recordEvent(
  core: Core,
  component: string,
  about: ApiObject,
  event: { type: string; reason: string; message: string },
): void {
  const { kind, apiVersion, metadata } = about;
  const namespace = metadata.namespace ?? 'default';
  if (core.store.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined) return;
  const now = apiTime(Date.now());
  const known = core.store
    .list('events', namespace)
    .find(
      (each) =>
        (each['involvedObject'] as { uid?: string }).uid === metadata.uid &&
        each['reason'] === event.reason &&
        each['message'] === event.message,
    );
  if (known) {
    core.store.put('events', { ...copy(known), count: (known['count'] as number) + 1, lastTimestamp: now });
    return;
  }
  const involvedObject = {
    kind,
    apiVersion,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
  };
  core.store.put('events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${metadata.name}.${suffix(16)}`, namespace, creationTimestamp: now },
    involvedObject: { ...involvedObject, resourceVersion: metadata.resourceVersion },
    ...event,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}

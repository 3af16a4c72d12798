// PUT and PATCH: from the object as it is to the object as it shall be.
import { isDeepStrictEqual } from 'node:util';
import { applyConfiguration } from '../apply/apply.ts';
import { managersAfterUpdate } from '../apply/managers.ts';
import { jsonPatch, mergePatch, strategicPatch } from '../apply/patches.ts';
import type { Core, WriteOptions } from '../core.ts';
import { withDefaults } from '../defaults/defaults.ts';
import { type ApiObject, apiTime, copy } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { shapeOfKind } from '../schema/schema.ts';
import { badRequest, conflict, notFound, staleObject } from '../status.ts';
import { validateChanged } from '../validation/validate.ts';
import { checkBody, checkConfiguration } from './body.ts';
import { hasGeneration, prepare, storeNew } from './create.ts';
import { readObject } from './read.ts';

export interface Target {
  type: ResourceType;
  namespace: string;
  name: string;
}

/** PUT. */
export function replaceObject(core: Core, target: Target, body: unknown, options: WriteOptions): ApiObject {
  const wanted = checkBody(target.type, target.namespace, body, options);
  if (wanted.metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${wanted.metadata.name}) does not match the name on the URL (${target.name})`,
    );
  }
  const before = readObject(core, target);
  return storeChanged(core, target.type, before, managed(before, wanted, target.type, options), options);
}

export type PatchKind = 'merge' | 'json' | 'strategic';

export function patchObject(
  core: Core,
  target: Target,
  kind: PatchKind,
  patch: unknown,
  options: WriteOptions,
): ApiObject {
  const before = readObject(core, target);
  const { type } = target;
  const patched =
    kind === 'json'
      ? jsonPatch(before, patch)
      : kind === 'merge'
        ? mergePatch(before, patch)
        : strategicPatch(before, patch, shapeOfKind(type.apiVersion, type.kind));
  const wanted = checkBody(type, target.namespace, patched, options);
  return storeChanged(core, type, before, managed(before, wanted, type, options), options);
}

/** Server-side apply; creates the object when there is none. */
export function applyObject(
  core: Core,
  target: Target,
  body: unknown,
  isForced: boolean,
  options: WriteOptions,
): ApiObject {
  const { type, namespace, name } = target;
  const applied = checkConfiguration(type, target, body);
  const change = { manager: options.manager, subresource: options.subresource, time: apiTime(Date.now()) };
  const before = core.store.get(type.key, namespace, name);
  if (!before) {
    if (options.subresource !== '') throw notFound(type, name);
    const part = ownPart(applied, type, options);
    const object = prepare(type, namespace, { ...part, metadata: { ...part.metadata, name } });
    return storeNew(core, type, applyConfiguration(object, part, change, isForced), options);
  }
  const { resourceVersion } = applied.metadata;
  if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw staleObject(type, name);
  const scoped = ownPart(applied, type, options);
  return storeChanged(core, type, before, applyConfiguration(before, scoped, change, isForced), options);
}

// An update writes either the status or the rest, never both.
function scope(before: ApiObject, wanted: ApiObject, type: ResourceType, options: WriteOptions): ApiObject {
  if (!type.subresources.includes('status')) return wanted;
  if (options.subresource === 'status') {
    return { ...before, metadata: { ...before.metadata, ...versionOf(wanted) }, status: wanted['status'] };
  }
  const { status: _, ...rest } = wanted;
  return 'status' in before ? ({ ...rest, status: before['status'] } as ApiObject) : (rest as ApiObject);
}

// Of an applied configuration only what the endpoint writes counts, so that nobody owns the other part.
function ownPart(applied: ApiObject, type: ResourceType, options: WriteOptions): ApiObject {
  const { apiVersion, kind, metadata } = applied;
  if (options.subresource === 'status') return { apiVersion, kind, metadata, status: applied['status'] };
  const { status: _, ...rest } = applied;
  return type.subresources.includes('status') ? (rest as ApiObject) : applied;
}

const versionOf = ({ metadata }: ApiObject): { resourceVersion?: string } =>
  metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {};

function managed(before: ApiObject, body: ApiObject, type: ResourceType, options: WriteOptions): ApiObject {
  const wanted = copy(scope(before, body, type, options));
  const { resourceVersion } = wanted.metadata;
  if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) {
    throw staleObject(type, before.metadata.name);
  }
  if (wanted.metadata.uid && wanted.metadata.uid !== before.metadata.uid) {
    throw conflict(
      type,
      before.metadata.name,
      `StorageError: invalid object, Code: 4, Key: /registry/${type.plural}/${[before.metadata.namespace, before.metadata.name].filter(Boolean).join('/')}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted.metadata.uid}, UID in object meta: ${before.metadata.uid}`,
    );
  }
  const kept = withServerMeta(before, wanted);
  const managedFields = managersAfterUpdate(before, kept, {
    manager: options.manager,
    subresource: options.subresource,
    time: apiTime(Date.now()),
  });
  return { ...kept, metadata: { ...kept.metadata, managedFields } };
}

// What only the server writes stays as it is, whatever a client sends.
function withServerMeta(before: ApiObject, wanted: ApiObject): ApiObject {
  const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, namespace } =
    before.metadata;
  const fixed = {
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    namespace,
  };
  const metadata = { ...wanted.metadata, ...fixed, name: before.metadata.name };
  for (const [field, value] of Object.entries(metadata)) {
    if (value === undefined) delete (metadata as Record<string, unknown>)[field];
  }
  return { ...wanted, metadata };
}

function storeChanged(
  core: Core,
  type: ResourceType,
  before: ApiObject,
  wanted: ApiObject,
  options: WriteOptions,
): ApiObject {
  const after = withDefaults(type, withServerMeta(before, wanted));
  after.metadata = { ...after.metadata, resourceVersion: before.metadata.resourceVersion! };
  if (hasGeneration(type) && !isDeepStrictEqual(before['spec'], after['spec'])) {
    after.metadata.generation = (before.metadata.generation ?? 0) + 1;
  }
  if (isSame(before, after)) return before;
  validateChanged(type, before, after);
  if (options.isDryRun) return after;
  // The last finalizer is gone and somebody asked for the deletion before: now it happens.
  if (after.metadata.deletionTimestamp && hadFinalizers(before) && !hadFinalizers(after)) {
    core.store.put(type.key, after);
    core.store.delete(type.key, after.metadata.namespace ?? '', after.metadata.name);
    return after;
  }
  return core.store.put(type.key, after);
}

const hadFinalizers = ({ metadata }: ApiObject): boolean => (metadata.finalizers?.length ?? 0) > 0;

// A write that changes nothing but the managers' times is no write: the version stays.
function isSame(before: ApiObject, after: ApiObject): boolean {
  const timeless = (object: ApiObject): unknown => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: object.metadata.managedFields?.map(({ time: _, ...entry }) => entry),
    },
  });
  return isDeepStrictEqual(timeless(before), timeless(after));
}

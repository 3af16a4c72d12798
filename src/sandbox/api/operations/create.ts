// POST: a new object, from the client's body to the store.
import { randomUUID } from 'node:crypto';
import { admitMutating, admitValidating } from '../admission/admission.ts';
import { managersAfterUpdate } from '../apply/managers.ts';
import type { Core, WriteOptions } from '../core.ts';
import { withDefaults, withInitialStatus } from '../defaults/defaults.ts';
import { type ApiObject, apiTime, copy } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { alreadyExists, plainError } from '../status.ts';
import { validateNew } from '../validation/validate.ts';
import { checkBody } from './body.ts';
import { suffix } from './names.ts';

/** Returns the object as stored; as it would be stored for a dry run. */
export function createObject(
  core: Core,
  type: ResourceType,
  namespace: string,
  body: unknown,
  options: WriteOptions,
): ApiObject {
  const object = withDefaults(type, prepare(type, namespace, checkBody(type, namespace, body, options)));
  const managedFields = managersAfterUpdate(null, object, {
    manager: options.manager,
    subresource: '',
    time: object.metadata.creationTimestamp!,
  });
  const metadata = { ...object.metadata, ...(managedFields.length > 0 ? { managedFields } : {}) };
  return storeNew(core, type, { ...object, metadata }, options);
}

/** The last steps that creating and applying share: defaults, admission, validation, uniqueness. */
export function storeNew(
  core: Core,
  type: ResourceType,
  object: ApiObject,
  options: WriteOptions,
): ApiObject {
  const completed = withDefaults(type, named(admitMutating(core, type, withDefaults(type, object))));
  const admitted = withInitialStatus(type, completed);
  validateNew(type, admitted);
  admitValidating(core, type, admitted);
  const { namespace = '', name } = admitted.metadata;
  if (core.store.get(type.key, namespace, name)) throw alreadyExists(type, name);
  return options.isDryRun ? admitted : core.store.put(type.key, admitted);
}

// The name is made up after the first half of admission, which therefore speaks of the prefix alone.
function named(object: ApiObject): ApiObject {
  const { name, generateName } = object.metadata;
  if (name || !generateName) return object;
  return { ...object, metadata: { ...object.metadata, name: generateName + suffix() } };
}

/** The object as it enters the server: stamped, without what only the server writes. */
export function prepare(type: ResourceType, namespace: string, body: ApiObject): ApiObject {
  const object = copy(body);
  const {
    resourceVersion,
    managedFields: _managers,
    selfLink: _link,
    ...metadata
  } = object.metadata as ApiObject['metadata'] & {
    selfLink?: string;
  };
  if (resourceVersion) throw plainError(500, 'resourceVersion should not be set on objects to be created');
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  if (type.subresources.includes('status')) delete object['status'];
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(type.namespaced ? { namespace } : {}),
      uid: randomUUID(),
      creationTimestamp: apiTime(Date.now()),
      ...(hasGeneration(type) ? { generation: 1 } : {}),
    },
  };
}

/** Kinds whose specification is counted in metadata.generation. */
export const hasGeneration = (type: ResourceType): boolean =>
  ['apps', 'batch', 'networking.k8s.io', 'policy'].includes(type.group) || type.key === 'pods';

// What the API server decides about a write after it knows who asks: the namespace's life, the service
// account, Pod Security, quotas.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
import type { Core } from '../core.ts';
import type { ApiObject } from '../object.ts';
import { shownName } from '../operations/names.ts';
import { type ResourceType, typeOf } from '../resources.ts';
import { ApiError, notFound } from '../status.ts';
import { admitPriority, admitTolerations } from './pod-additions.ts';
import { checkPodSecurity } from './pod-security.ts';
import { checkQuota } from './quota.ts';
import { admitServiceAccount } from './service-account.ts';

/** The object with what the server adds to it; throws the API's refusal. */
export function admitMutating(core: Core, type: ResourceType, object: ApiObject): ApiObject {
  if (type.namespaced) checkNamespace(core, type, object);
  if (type.key !== 'pods') return object;
  return admitPriority(admitTolerations(admitServiceAccount(core, object)));
}

/** What the server refuses after the object was found valid. */
export function admitValidating(core: Core, type: ResourceType, object: ApiObject): void {
  if (type.key !== 'pods') return;
  checkPodSecurity(core, object);
  checkQuota(core, object);
}

function checkNamespace({ store }: Core, type: ResourceType, object: ApiObject): void {
  const { metadata } = object;
  const shown = shownName(object);
  const name = metadata.namespace!;
  const namespace = store.get('namespaces', '', name);
  if (!namespace) throw notFound(typeOf('namespaces'), name);
  if (!namespace.metadata.deletionTimestamp) return;
  throw new ApiError(
    403,
    'Forbidden',
    `${type.key} "${shown}" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    {
      name: shown,
      ...(type.group ? { group: type.group } : {}),
      kind: type.plural,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${name} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  );
}

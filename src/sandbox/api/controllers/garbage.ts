// The garbage collector: objects whose owners are gone go too, at once or before their owner.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
import type { Core } from '../core.ts';
import type { ApiObject, OwnerReference } from '../object.ts';
import { resourceTypes, typeOfKind } from '../resources.ts';
import { systemApi } from '../system.ts';
import { startReconciler } from './reconciler.ts';

interface Item {
  key: string;
  object: ApiObject;
}

export function startGarbageCollector(core: Core): () => void {
  const { store } = core;
  const api = systemApi(core, 'garbage-collector');

  const dependentsOf = (uid: string): Item[] =>
    resourceTypes.flatMap(({ key }) =>
      store
        .list(key)
        .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
        .map((object) => ({ key, object })),
    );

  const ownerExists = ({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): boolean => {
    const type = typeOfKind(apiVersion, kind);
    // An owner of a kind that is not served here is out of reach, and left alone.
    if (!type) return true;
    return store.get(type.key, type.namespaced ? namespace : '', name)?.metadata.uid === uid;
  };

  const remove = (
    { key, object }: Item,
    propagationPolicy: 'Background' | 'Foreground' = 'Background',
  ): void => {
    const { namespace = '', name, uid, deletionTimestamp } = object.metadata;
    if (deletionTimestamp) return;
    api.remove(key, namespace, name, { propagationPolicy, preconditions: { uid: uid! } });
  };

  const collect = ({ key, object }: Item): void => {
    const { ownerReferences = [], namespace = '' } = object.metadata;
    if (ownerReferences.length === 0 || ownerReferences.some((owner) => ownerExists(owner, namespace)))
      return;
    remove({ key, object });
  };

  const finish = ({ key, object }: Item): void => {
    const { finalizers = [], namespace = '', name, uid } = object.metadata;
    const release = (finalizer: string): void => {
      const left = finalizers.filter((each) => each !== finalizer);
      api.patch(key, namespace, name, { metadata: { finalizers: left.length > 0 ? left : null } });
    };
    const dependents = dependentsOf(uid!);
    if (finalizers.includes('orphan')) {
      for (const dependent of dependents) orphan(dependent, uid!);
      release('orphan');
    } else if (finalizers.includes('foregroundDeletion')) {
      for (const dependent of dependents) remove(dependent, 'Foreground');
      const isBlocked = dependents.some(({ object: dependent }) =>
        dependent.metadata.ownerReferences!.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
      );
      if (!isBlocked) release('foregroundDeletion');
    }
  };

  const orphan = ({ key, object }: Item, owner: string): void => {
    const left = object.metadata.ownerReferences!.filter(({ uid }) => uid !== owner);
    const { namespace = '', name } = object.metadata;
    api.patch(key, namespace, name, { metadata: { ownerReferences: left.length > 0 ? left : null } });
  };

  return startReconciler(core, {
    keysOf: ({ key, type, object }) => {
      const id = (resource: string, { metadata }: ApiObject): string =>
        `${resource}|${metadata.namespace ?? ''}|${metadata.name}`;
      const owners = (object.metadata.ownerReferences ?? []).flatMap(({ apiVersion, kind, name }) => {
        const owner = typeOfKind(apiVersion, kind);
        return owner
          ? [`${owner.key}|${owner.namespaced ? (object.metadata.namespace ?? '') : ''}|${name}`]
          : [];
      });
      if (type === 'DELETED')
        return [
          ...owners,
          ...dependentsOf(object.metadata.uid ?? '').map((each) => id(each.key, each.object)),
        ];
      const isNew = type === 'ADDED' && object.metadata.ownerReferences !== undefined;
      return isNew || object.metadata.deletionTimestamp ? [id(key, object)] : [];
    },
    reconcile: (item) => {
      const [key, namespace, name] = item.split('|');
      const object = store.get(key!, namespace!, name!);
      if (!object) return;
      if (object.metadata.deletionTimestamp) finish({ key: key!, object });
      else collect({ key: key!, object });
    },
  });
}

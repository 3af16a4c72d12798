// What every namespace gets (a default service account, the cluster's CA), and how it ends: its content
// is deleted first, and it goes when the last of that is gone.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
import type { Core } from '../core.ts';
import { resourceTypes } from '../resources.ts';
import { systemApi } from '../system.ts';
import { isTerminating } from './pods.ts';

export function startNamespaceController(core: Core, caPem: string): () => void {
  const { store } = core;
  const api = systemApi(core, 'kube-controller-manager');

  const furnish = (namespace: string): void => {
    if (!store.get('serviceaccounts', namespace, 'default')) {
      api.create('serviceaccounts', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
    }
    if (!store.get('configmaps', namespace, 'kube-root-ca.crt')) {
      api.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-root-ca.crt', namespace },
        data: { 'ca.crt': caPem },
      });
    }
  };

  const empty = (namespace: string): void => {
    for (const { key } of namespacedTypes) {
      for (const { metadata } of store.list(key, namespace)) {
        if (!metadata.deletionTimestamp)
          api.remove(key, namespace, metadata.name, { propagationPolicy: 'Background' });
      }
    }
    const isEmpty = namespacedTypes.every(({ key }) => store.list(key, namespace).length === 0);
    if (isEmpty) store.delete('namespaces', '', namespace);
  };

  return store.watch(null, ({ key, type, object }) => {
    const namespace = key === 'namespaces' ? object.metadata.name : (object.metadata.namespace ?? '');
    const owner = store.get('namespaces', '', namespace);
    if (!owner) return;
    if (isTerminating(owner)) {
      if (type === 'DELETED' || key === 'namespaces') empty(namespace);
    } else if (key === 'namespaces' || type === 'DELETED') {
      furnish(namespace);
    }
  });
}

const namespacedTypes = resourceTypes.filter(({ namespaced }) => namespaced);

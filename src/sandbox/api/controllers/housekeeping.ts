// Small duties of the control plane: pods of nodes that are gone, tokens of deleted service accounts,
// and what a quota has counted.
import { print, used } from '../admission/quota.ts';
import type { Core } from '../core.ts';
import type { ApiObject } from '../object.ts';
import { systemApi } from '../system.ts';
import { podSpec } from './pods.ts';
import { startReconciler } from './reconciler.ts';

export function startHousekeeping(core: Core): () => void {
  const { store, callers, logs } = core;
  const api = systemApi(core, 'kube-controller-manager');

  const dropPods = (node: string): void => {
    if (store.get('nodes', '', node)) return;
    for (const pod of store.list('pods')) {
      const { namespace, name } = pod.metadata;
      if (podSpec(pod).nodeName === node) api.remove('pods', namespace!, name, { gracePeriodSeconds: 0 });
    }
  };

  const countQuota = (quota: ApiObject): void => {
    const { namespace, name } = quota.metadata;
    const { hard = {} } = (quota['spec'] ?? {}) as { hard?: Record<string, string> };
    const counts = Object.entries(used(core, namespace!, hard)).map(([key, value]) => [
      key,
      print(key, value),
    ]);
    api.patchStatus('resourcequotas', namespace!, name, { hard, used: Object.fromEntries(counts) });
  };

  const stopForgetting = store.watch(null, ({ key, type, object }) => {
    if (type !== 'DELETED') return;
    const { namespace, name, uid } = object.metadata;
    if (key === 'serviceaccounts') callers.withdraw(`system:serviceaccount:${namespace}:${name}`);
    if (key === 'pods') {
      logs.forget(uid!);
      callers.withdrawPod(uid!);
    }
  });
  const stopReconciler = startReconciler(core, {
    keysOf: ({ key, type, object }) => {
      const { namespace, name } = object.metadata;
      if (key === 'nodes' && type === 'DELETED') return [`node|${name}`];
      if (key === 'pods' || key === 'resourcequotas') return [`quota|${namespace}`];
      return [];
    },
    reconcile: (item) => {
      const [what, name] = item.split('|');
      if (what === 'node') dropPods(name!);
      else for (const quota of store.list('resourcequotas', name)) countQuota(quota);
    },
  });
  return () => {
    stopForgetting();
    stopReconciler();
  };
}

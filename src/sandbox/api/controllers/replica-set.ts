// ReplicaSet: as many pods of the template as wanted.
// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
import type { Core } from '../core.ts';
import { type ApiObject, apiTime } from '../object.ts';
import { ApiError } from '../status.ts';
import { matchesLabels } from '../store/selectors.ts';
import { systemApi } from '../system.ts';
import {
  createPod,
  deletePod,
  isActive,
  isReady,
  isTerminating,
  ownedBy,
  ownKeys,
  podSpec,
  specOf,
} from './pods.ts';
import { startReconciler } from './reconciler.ts';

const resource = 'replicasets.apps';

export function startReplicaSets(core: Core): () => void {
  const api = systemApi(core, 'replicaset-controller');

  const reconcile = (key: string): void => {
    const [namespace, name] = key.split('/');
    const set = core.store.get(resource, namespace!, name!);
    if (!set || isTerminating(set)) return;
    let refused: ApiError | null = null;
    const pods = ownedBy(core, 'pods', set).filter(isActive);
    const wanted = specOf(set).replicas ?? 1;
    try {
      for (let count = pods.length; count < wanted; count += 1) createPod(api, set);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused = error;
    }
    const surplus = pods.sort(byUsefulness).slice(wanted);
    for (const pod of surplus) deletePod(api, set, pod);
    report(set, refused);
    if (refused) throw refused;
  };

  const report = (set: ApiObject, refused: ApiError | null): void => {
    const pods = ownedBy(core, 'pods', set);
    const active = pods.filter(isActive);
    const ready = active.filter(isReady).length;
    const labels = specOf(set).template.metadata?.labels ?? {};
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: refused?.message,
    };
    const known = (set['status'] as { conditions?: { message?: string }[] } | undefined)?.conditions?.[0];
    const isKnown = known?.message === refused?.message;
    api.patchStatus(resource, set.metadata.namespace!, set.metadata.name, {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) =>
        matchesLabels({ matchLabels: labels }, pod.metadata.labels),
      ).length,
      readyReplicas: ready,
      availableReplicas: ready,
      terminatingReplicas: pods.filter(isTerminating).length,
      observedGeneration: set.metadata.generation,
      conditions: refused
        ? [isKnown ? known : { ...failure, lastTransitionTime: apiTime(Date.now()) }]
        : null,
    });
  };

  return startReconciler(core, { keysOf: (change) => ownKeys(change, resource, 'ReplicaSet'), reconcile });
}

// Those that serve come first; the surplus is taken from the end.
function byUsefulness(a: ApiObject, b: ApiObject): number {
  const rank = (pod: ApiObject): number => (isReady(pod) ? 0 : podSpec(pod).nodeName ? 1 : 2);
  return rank(a) - rank(b);
}

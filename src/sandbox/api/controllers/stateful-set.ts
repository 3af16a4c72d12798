// StatefulSet: pods with fixed names, one after the other. Without volumes of their own.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
import type { Core } from '../core.ts';
import type { ApiObject } from '../object.ts';
import { systemApi } from '../system.ts';
import {
  createPod,
  deletePod,
  isFinished,
  isReady,
  isTerminating,
  ownedBy,
  ownKeys,
  specOf,
  templateHash,
} from './pods.ts';
import { startReconciler } from './reconciler.ts';

const resource = 'statefulsets.apps';
const hashLabel = 'controller-revision-hash';

export function startStatefulSets(core: Core): () => void {
  const api = systemApi(core, 'statefulset-controller');

  const reconcile = (key: string): void => {
    const [namespace, name] = key.split('/');
    const set = core.store.get(resource, namespace!, name!);
    if (!set || isTerminating(set)) return;
    const revision = `${name}-${templateHash(specOf(set).template)}`;
    try {
      step(set, revision);
    } finally {
      report(set, revision);
    }
  };

  // One change at a time; the next comes when this one has settled.
  const step = (set: ApiObject, revision: string): void => {
    const { namespace, name } = set.metadata;
    const wanted = specOf(set).replicas ?? 1;
    const isParallel = specOf(set)['podManagementPolicy'] === 'Parallel';
    const podAt = (at: number): ApiObject | null => core.store.get('pods', namespace!, `${name}-${at}`);
    for (let at = 0; at < wanted; at += 1) {
      const pod = podAt(at);
      if (!pod) {
        const pin = {
          'statefulset.kubernetes.io/pod-name': `${name}-${at}`,
          'apps.kubernetes.io/pod-index': String(at),
        };
        createPod(api, set, { name: `${name}-${at}`, labels: { ...pin, [hashLabel]: revision } });
      } else if (isFinished(pod) && !isTerminating(pod)) {
        deletePod(api, set, pod);
      }
      if (!isParallel && !(pod && isReady(pod))) return;
    }
    const pods = ownedBy(core, 'pods', set).filter((pod) => !isTerminating(pod));
    const surplus = pods.filter((pod) => ordinal(pod) >= wanted);
    const outdated = pods.filter((pod) => pod.metadata.labels?.[hashLabel] !== revision);
    const [last] = [...surplus, ...outdated].sort((a, b) => ordinal(b) - ordinal(a));
    if (last) deletePod(api, set, last);
  };

  const report = (set: ApiObject, revision: string): void => {
    const pods = ownedBy(core, 'pods', set);
    const ready = pods.filter(isReady).length;
    const updated = pods.filter((pod) => pod.metadata.labels?.[hashLabel] === revision).length;
    const isDone = updated === pods.length;
    const before = set['status'] as { currentRevision?: string } | undefined;
    api.patchStatus(resource, set.metadata.namespace!, set.metadata.name, {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      readyReplicas: ready || null,
      availableReplicas: ready,
      currentReplicas: (isDone ? updated : pods.length - updated) || null,
      updatedReplicas: updated || null,
      currentRevision: isDone ? revision : (before?.currentRevision ?? revision),
      updateRevision: revision,
    });
  };

  return startReconciler(core, { keysOf: (change) => ownKeys(change, resource, 'StatefulSet'), reconcile });
}

const ordinal = ({ metadata }: ApiObject): number =>
  Number(metadata.name.slice(metadata.name.lastIndexOf('-') + 1));

// Deployment: a ReplicaSet per template, and a rolling (or recreating) change from the old to the new.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
import type { Core } from '../core.ts';
import { type ApiObject, copy } from '../object.ts';
import { systemApi } from '../system.ts';
import { conditionsOf, statusOf, strategyOf, surgeOf, unavailableOf, wantedOf } from './deployment-status.ts';
import { controllerReference, isTerminating, ownedBy, ownKeys, specOf, templateHash } from './pods.ts';
import { startReconciler } from './reconciler.ts';

const resource = 'deployments.apps';
const replicaSets = 'replicasets.apps';
const revisionKey = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';

const revisionOf = ({ metadata }: ApiObject): number => Number(metadata.annotations?.[revisionKey] ?? 0);

export function startDeployments(core: Core): () => void {
  const api = systemApi(core, 'deployment-controller');

  const reconcile = (key: string): void => {
    const [namespace, name] = key.split('/');
    const deployment = core.store.get(resource, namespace!, name!);
    if (!deployment || isTerminating(deployment)) return;
    const hash = templateHash(specOf(deployment).template);
    const sets = ownedBy(core, replicaSets, deployment);
    const current = sets.find(({ metadata }) => metadata.labels?.[hashLabel] === hash);
    const old = sets.filter((set) => set !== current);
    if (current) {
      renumber(deployment, current, old);
      roll(deployment, current, old);
    } else {
      createSet(deployment, hash, old);
    }
    report(deployment, hash);
  };

  const createSet = (deployment: ApiObject, hash: string, old: ApiObject[]): void => {
    const { template, selector } = specOf(deployment);
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    const { name, namespace } = deployment.metadata;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const running = old.reduce((sum, set) => sum + wantedOf(set), 0);
    const set = api.create(replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace: namespace!,
        labels,
        annotations: { [revisionKey]: String(revision) },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: Math.max(0, room(deployment, running, running > 0)),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...copy(template), metadata: { ...template.metadata, labels } },
      },
    });
    api.patch(resource, namespace!, name, { metadata: { annotations: { [revisionKey]: String(revision) } } });
    announce(deployment, set, 0, wantedOf(set));
  };

  // A template that comes back keeps its set, as the newest revision.
  const renumber = (deployment: ApiObject, current: ApiObject, old: ApiObject[]): void => {
    const newest = Math.max(0, ...old.map(revisionOf));
    if (revisionOf(current) > newest) return;
    const annotations = { [revisionKey]: String(newest + 1) };
    for (const [key, { metadata }] of [
      [replicaSets, current],
      [resource, deployment],
    ] as const) {
      api.patch(key, metadata.namespace!, metadata.name, { metadata: { annotations } });
    }
  };

  // How many new pods may come at once. A recreating change waits for the last old pod to be gone.
  const room = (deployment: ApiObject, total: number, hasOld: boolean): number => {
    const wanted = wantedOf(deployment);
    if (strategyOf(deployment).type === 'Recreate') return hasOld ? 0 : wanted;
    return Math.min(wanted, wanted + surgeOf(deployment) - total);
  };

  const roll = (deployment: ApiObject, current: ApiObject, old: ApiObject[]): void => {
    const wanted = wantedOf(deployment);
    const oldTotal = old.reduce((sum, set) => sum + wantedOf(set), 0);
    if (strategyOf(deployment).type === 'Recreate') {
      for (const set of old) scale(deployment, set, 0);
      const areGone = old.every((set) => (statusOf(set).replicas ?? 0) === 0 && terminating(set) === 0);
      if (areGone) scale(deployment, current, wanted);
      return;
    }
    const size = wantedOf(current);
    if (size !== wanted) {
      const more = room(deployment, size + oldTotal, oldTotal > 0);
      scale(deployment, current, size > wanted ? wanted : Math.min(wanted, size + Math.max(0, more)));
    }
    const unavailable = unavailableOf(deployment);
    const least = wanted - (unavailable === 0 && surgeOf(deployment) === 0 ? 1 : unavailable);
    let available = [current, ...old].reduce((sum, set) => sum + (statusOf(set).availableReplicas ?? 0), 0);
    for (const set of old) {
      const broken = wantedOf(set) - (statusOf(set).availableReplicas ?? 0);
      const spare = Math.max(0, available - least);
      const keep = Math.max(0, wantedOf(set) - Math.max(0, broken) - spare);
      available -= Math.min(spare, wantedOf(set) - keep);
      scale(deployment, set, keep);
    }
  };

  const scale = (deployment: ApiObject, set: ApiObject, replicas: number): void => {
    const before = wantedOf(set);
    if (before === replicas) return;
    api.patch(replicaSets, set.metadata.namespace!, set.metadata.name, { spec: { replicas } });
    announce(deployment, set, before, replicas);
  };

  const announce = (deployment: ApiObject, set: ApiObject, from: number, to: number): void => {
    const verb = to >= from ? 'up' : 'down';
    api.event(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${verb} replica set ${set.metadata.name} from ${from} to ${to}`,
    });
  };

  const terminating = (set: ApiObject): number => ownedBy(core, 'pods', set).filter(isTerminating).length;

  const report = (deployment: ApiObject, hash: string): void => {
    const sets = ownedBy(core, replicaSets, deployment);
    const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas', of = sets): number =>
      of.reduce((total, set) => total + (statusOf(set)[field] ?? 0), 0);
    const current = sets.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash);
    const available = sum('availableReplicas');
    api.patchStatus(resource, deployment.metadata.namespace!, deployment.metadata.name, {
      observedGeneration: deployment.metadata.generation,
      replicas: sum('replicas') || null,
      updatedReplicas: sum('replicas', current) || null,
      readyReplicas: sum('readyReplicas') || null,
      availableReplicas: available || null,
      unavailableReplicas: Math.max(0, Math.max(sum('replicas'), wantedOf(deployment)) - available) || null,
      terminatingReplicas: sets.reduce((total, set) => total + terminating(set), 0),
      conditions: conditionsOf(deployment, current[0], {
        available,
        updated: sum('availableReplicas', current),
      }),
    });
  };

  return startReconciler(core, { keysOf: (change) => keysOf(core, change), reconcile });
}

function keysOf(core: Core, change: Parameters<typeof ownKeys>[0]): string[] {
  if (change.key !== 'pods') return ownKeys(change, resource, 'Deployment');
  // A recreating deployment waits for pods, which its replica sets own.
  return ownKeys(change, replicaSets, 'ReplicaSet').flatMap((id) => {
    const [namespace, name] = id.split('/');
    const set = core.store.get(replicaSets, namespace!, name!);
    return set ? ownKeys({ ...change, key: replicaSets, object: set }, resource, 'Deployment') : [];
  });
}

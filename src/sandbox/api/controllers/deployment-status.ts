// What a Deployment promises while it changes, and how it says where it stands.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
import { type ApiObject, apiTime } from '../object.ts';
import { specOf } from './pods.ts';

interface Strategy {
  type?: string;
  rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
}

interface ReplicaStatus {
  replicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  conditions?: { type: string; message?: string }[];
}

/** Of a replica set. */
export const statusOf = (set: ApiObject): ReplicaStatus => (set['status'] ?? {}) as ReplicaStatus;

export const wantedOf = (object: ApiObject): number => specOf(object).replicas ?? 1;

export const strategyOf = (deployment: ApiObject): Strategy =>
  (specOf(deployment)['strategy'] ?? {}) as Strategy;

/** How many pods more than wanted there may be for a while. */
export const surgeOf = (deployment: ApiObject): number =>
  share(strategyOf(deployment).rollingUpdate?.maxSurge ?? '25%', wantedOf(deployment), Math.ceil);

/** How many of the wanted pods may be missing for a while. */
export const unavailableOf = (deployment: ApiObject): number =>
  share(strategyOf(deployment).rollingUpdate?.maxUnavailable ?? '25%', wantedOf(deployment), Math.floor);

function share(amount: number | string, of: number, round: (value: number) => number): number {
  return typeof amount === 'number' ? amount : round((Number.parseFloat(amount) / 100) * of);
}

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

export function conditionsOf(
  deployment: ApiObject,
  current: ApiObject | undefined,
  counts: { available: number; updated: number },
): Condition[] {
  const wanted = wantedOf(deployment);
  const unavailable = unavailableOf(deployment);
  const isAvailable = counts.available >= wanted - unavailable;
  const isDone = counts.updated >= wanted && counts.available === counts.updated;
  const set = `ReplicaSet "${current?.metadata.name ?? ''}"`;
  const failure = current && statusOf(current).conditions?.find(({ type }) => type === 'ReplicaFailure');
  const conditions: Condition[] = [
    isAvailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    isDone
      ? {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `${set} has successfully progressed.`,
        }
      : {
          type: 'Progressing',
          status: 'True',
          reason: 'ReplicaSetUpdated',
          message: `${set} is progressing.`,
        },
    ...(failure
      ? [
          {
            type: 'ReplicaFailure',
            status: 'True' as const,
            reason: 'FailedCreate',
            message: failure.message ?? '',
          },
        ]
      : []),
  ];
  const known = ((deployment['status'] as { conditions?: Condition[] } | undefined)?.conditions ??
    []) as Condition[];
  const now = apiTime(Date.now());
  return conditions.map((condition) => {
    const before = known.find(({ type }) => type === condition.type);
    const isSame = before?.reason === condition.reason && before.message === condition.message;
    const isSameStatus = before?.status === condition.status;
    return {
      ...condition,
      lastUpdateTime: isSame ? before.lastUpdateTime! : now,
      lastTransitionTime: isSameStatus ? before.lastTransitionTime! : now,
    };
  });
}

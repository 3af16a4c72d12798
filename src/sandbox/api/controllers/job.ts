// Job: pods until enough of them have succeeded, or too many have failed. Without indexes, deadlines
// and suspension.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/
import type { Core } from '../core.ts';
import { type ApiObject, apiTime } from '../object.ts';
import { systemApi } from '../system.ts';
import {
  createPod,
  deletePod,
  isActive,
  isReady,
  isTerminating,
  ownedBy,
  ownKeys,
  podStatus,
  specOf,
} from './pods.ts';
import { startReconciler } from './reconciler.ts';

const resource = 'jobs.batch';

interface JobStatus {
  startTime?: string;
  conditions?: { type: string }[];
}

export function startJobs(core: Core): () => void {
  const api = systemApi(core, 'job-controller');

  const reconcile = (key: string): void => {
    const [namespace, name] = key.split('/');
    const job = core.store.get(resource, namespace!, name!);
    if (!job || isTerminating(job)) return;
    const status = (job['status'] ?? {}) as JobStatus;
    if (status.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed')) return;
    const spec = specOf(job) as unknown as { completions: number; parallelism: number; backoffLimit: number };
    const pods = ownedBy(core, 'pods', job);
    const count = (phase: string): number => pods.filter((pod) => podStatus(pod).phase === phase).length;
    const [succeeded, failed] = [count('Succeeded'), count('Failed')];
    const active = pods.filter(isActive);
    const hasFailed = failed > spec.backoffLimit;
    const isComplete = succeeded >= spec.completions;
    if (hasFailed) for (const pod of active) deletePod(api, job, pod);
    const missing = Math.min(spec.parallelism, spec.completions - succeeded) - active.length;
    const created = hasFailed || isComplete ? 0 : Math.max(0, missing);
    report(
      job,
      { succeeded, failed, active: active.length + created, ready: active.filter(isReady).length },
      { isComplete, hasFailed },
    );
    for (let at = 0; at < created; at += 1) createPod(api, job);
  };

  const report = (
    job: ApiObject,
    counts: { succeeded: number; failed: number; active: number; ready: number },
    { isComplete, hasFailed }: { isComplete: boolean; hasFailed: boolean },
  ): void => {
    const now = apiTime(Date.now());
    const { startTime = now } = (job['status'] ?? {}) as JobStatus;
    const condition = (type: string, reason: string, message: string): object => ({
      type,
      status: 'True',
      reason,
      message,
      lastProbeTime: now,
      lastTransitionTime: now,
    });
    const done = 'Reached expected number of succeeded pods';
    const tooMany = 'Job has reached the specified backoff limit';
    api.patchStatus(resource, job.metadata.namespace!, job.metadata.name, {
      startTime,
      active: counts.active || null,
      ready: counts.ready,
      succeeded: counts.succeeded || null,
      failed: counts.failed || null,
      ...(isComplete
        ? {
            completionTime: now,
            conditions: [
              condition('SuccessCriteriaMet', 'CompletionsReached', done),
              condition('Complete', 'CompletionsReached', done),
            ],
          }
        : {}),
      ...(hasFailed
        ? {
            conditions: [
              condition('FailureTarget', 'BackoffLimitExceeded', tooMany),
              condition('Failed', 'BackoffLimitExceeded', tooMany),
            ],
          }
        : {}),
    });
    if (isComplete) api.event(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
    if (hasFailed) api.event(job, { type: 'Warning', reason: 'BackoffLimitExceeded', message: tooMany });
  };

  return startReconciler(core, { keysOf: (change) => ownKeys(change, resource, 'Job'), reconcile });
}

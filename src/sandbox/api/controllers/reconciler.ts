// The loop that every controller here is: changes name keys, each key is reconciled once they have
// settled, and again a little later when the API refused something.
import type { Core } from '../core.ts';
import { ApiError } from '../status.ts';
import type { Change } from '../store/store.ts';

export interface Reconciler {
  /** The keys that a change concerns, such as `namespace/name` of the owner. */
  keysOf(change: Change): string[];
  /** Brings the world one step closer; an ApiError is tried again. */
  reconcile(key: string): void;
}

const firstRetryMs = 100;
const longestRetryMs = 5_000;

export function startReconciler(core: Core, { keysOf, reconcile }: Reconciler): () => void {
  const due = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  let isScheduled = false;
  let isStopped = false;

  const run = (): void => {
    isScheduled = false;
    const keys = [...due];
    due.clear();
    for (const key of keys) {
      if (isStopped) return;
      try {
        reconcile(key);
        failures.delete(key);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        retry(key);
      }
    }
  };
  const add = (key: string): void => {
    due.add(key);
    if (!isScheduled && !isStopped) setImmediate(run);
    isScheduled = true;
  };
  const retry = (key: string): void => {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        add(key);
      },
      Math.min(firstRetryMs * 2 ** count, longestRetryMs),
    );
    timer.unref();
    timers.add(timer);
  };

  const unwatch = core.store.watch(null, (change) => {
    for (const key of keysOf(change)) add(key);
  });
  return () => {
    isStopped = true;
    unwatch();
    for (const timer of timers) clearTimeout(timer);
  };
}

// Waits between two looks at the cluster, and stops waiting when the run is told to stop.
import { setTimeout as wait } from 'node:timers/promises';

/** @throws the signal's reason when it is aborted */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

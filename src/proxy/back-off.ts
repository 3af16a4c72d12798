// How long the daemon waits before it tries again what has failed.

export interface BackOff {
  firstMs: number;
  mostMs: number;
}

/**
 * A wait that doubles with each failure in a row. Its lower half is certain and the rest chance, so that
 * the daemons of all nodes do not come back in the same moment.
 * @param failures in a row, before the one that is waited for now
 */
export function backOffMs({ firstMs, mostMs }: BackOff, failures: number): number {
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 10));
  return most / 2 + (Math.random() * most) / 2;
}

/** Resolves after the time, or at once when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

// Requests that wait for something to be seen: woken by the event itself, never by polling.

export class Waiters {
  readonly #byKey = new Map<string, Set<() => void>>();

  /** Resolves when the key is woken, or after the time. */
  wait(key: string, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, waiting);
      const done = (): void => {
        clearTimeout(timer);
        waiting.delete(done);
        if (waiting.size === 0) this.#byKey.delete(key);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      waiting.add(done);
    });
  }

  wake(key: string): void {
    for (const done of [...(this.#byKey.get(key) ?? [])]) done();
  }
}

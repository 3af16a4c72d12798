// How often something may be done, for each of many keys: a burst, and so much per second afterwards.
import { steadyMs } from '../clock.ts';

const MAX_KEYS = 1_000;

export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #spent = new Map<string, { count: number; atMs: number }>();

  constructor({ perSecond, burst }: { perSecond: number; burst: number }) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Whether it may be done now; counts it if so. */
  take(key: string): boolean {
    const count = this.#count(key);
    if (count > this.#burst - 1) return false;
    this.#put(key, count + 1);
    return true;
  }

  /** What was taken turned out to cost nothing. */
  giveBack(key: string): void {
    this.#put(key, this.#count(key) - 1);
  }

  #count(key: string): number {
    const spent = this.#spent.get(key);
    if (!spent) return 0;
    return Math.max(0, spent.count - ((steadyMs() - spent.atMs) / 1000) * this.#perSecond);
  }

  #put(key: string, count: number): void {
    this.#spent.delete(key);
    if (count <= 0) return;
    this.#spent.set(key, { count, atMs: steadyMs() });
    if (this.#spent.size > MAX_KEYS) this.#spent.delete(this.#spent.keys().next().value!);
  }
}

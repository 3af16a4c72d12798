// How far the copy that a watch keeps may be believed: whether it was read once, why it may be out of
// date, and when its source last gave a sign of life.
import { steadyMs } from '../clock.ts';

/** Without contact for longer than this, and not by choice, the copy may be out of date. */
const BLIND_MS = 10_000;

export class Freshness {
  #isSynced = false;
  #failure: string | null;
  #contactAtMs: number | null = null;

  /** @param why nothing is known yet: `it has not been read yet` */
  constructor(why: string) {
    this.#failure = why;
  }

  /** Whether the whole list has been read once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Why the copy may be out of date; null when all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Time since the source's last sign of life; null before the first. */
  get silentMs(): number | null {
    return this.#contactAtMs === null ? null : steadyMs() - this.#contactAtMs;
  }

  /** Whether the source has been out of reach for so long that the copy is not to be called true. */
  get isBlind(): boolean {
    return this.#failure !== null && (this.silentMs ?? Number.POSITIVE_INFINITY) > BLIND_MS;
  }

  /** The source gave a sign of life. */
  heard(): void {
    this.#contactAtMs = steadyMs();
  }

  /** The whole list has been read. */
  synced(): void {
    this.#isSynced = true;
  }

  well(): void {
    this.#failure = null;
  }

  /** @returns whether that is news */
  failed(why: string): boolean {
    const isNews = why !== this.#failure;
    this.#failure = why;
    return isNews;
  }
}

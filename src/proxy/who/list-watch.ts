// Keeps a copy of some objects true: lists them page by page, watches from there, starts again where
// the watch ended, and lists anew when the server has forgotten that point (410).
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { type BackOff, backOffMs, pause } from '../back-off.ts';
import { steadyMs } from '../clock.ts';
import { type Log, messageOf } from '../log.ts';
import { CallFailure } from './answers.ts';
import type { KubeApi } from './api.ts';
import { Freshness } from './freshness.ts';

export interface ListWatchOptions<Item> {
  api: KubeApi;
  log: Log;
  /** Such as `/api/v1/pods`. */
  path: string;
  query?: Record<string, string>;
  /** What is kept of an object; null for what is of no use. */
  read(object: unknown): Item | null;
  /** The whole list, read anew. */
  replace(items: Item[]): void;
  set(item: Item): void;
  remove(item: Item): void;
  /** Counts why a watch ended: `closed`, `gone`, `failed`, `silent`, `nudged`. */
  onRestart?(reason: string): void;
  /** Seconds after which the server is asked to end a watch; a random one between the two. */
  watchSeconds?: readonly [number, number];
}

/**
 * No longer than client-go takes to notice a dead connection: until then an address that has passed
 * from one pod to another would still lead to the first.
 */
const WATCH_SECONDS = [25, 40] as const;
/** Time above the server's own end of a watch after which the connection is taken for dead. */
const DEAD_MS = 5_000;
/** A watch that has been silent for this long is doubted when a caller waits for an unknown pod. */
const DOUBT_MS = 5_000;
const FAILED: BackOff = { firstMs: 400, mostMs: 5_000 };
/**
 * A point that was forgotten is no fault of the server's, unless it forgets each. Without a watch that holds,
 * the list alone tells of new pods.
 */
const GONE: BackOff = { firstMs: 100, mostMs: 1_000 };
const PAGE = '500';

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: { metadata?: { resourceVersion?: string }; code?: number; message?: string };
}

export class ListWatch<Item> {
  /** Signs of life are events, bookmarks, lists, and watches that are accepted or ended. */
  readonly freshness = new Freshness('it has not been read yet');
  readonly #options: ListWatchOptions<Item>;
  readonly #closed = new AbortController();
  #resourceVersion: string | null = null;
  #failures = 0;
  /** The server no longer knew the point from which it was to go on, and nothing has come since. */
  #isForgotten = false;
  #nudgedAtMs = Number.NEGATIVE_INFINITY;
  /** Ends the wait or the watch of this moment; the loop then goes on at once. */
  #step = new AbortController();

  constructor(options: ListWatchOptions<Item>) {
    this.#options = options;
    void this.#run();
  }

  /**
   * Somebody waits for an object that should be there: when the server has been silent, the
   * connection may be dead without either end knowing, so a new one is opened from the same point.
   */
  nudge(): void {
    if ((this.freshness.silentMs ?? 0) < DOUBT_MS || steadyMs() - this.#nudgedAtMs < DOUBT_MS) return;
    this.#nudgedAtMs = steadyMs();
    this.#step.abort(new Error('nudged'));
  }

  close(): void {
    this.#closed.abort(new Error('closed'));
    this.#step.abort(new Error('closed'));
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      this.#step = new AbortController();
      let reason: string;
      try {
        if (this.#resourceVersion === null) await this.#list();
        reason = await this.#watch();
      } catch (error) {
        reason = this.#failed(error);
      }
      if (this.#closed.signal.aborted) return;
      this.#options.onRestart?.(reason);
      // The connections that lie ready may be as dead as the one that was given up.
      if (reason !== 'closed') this.#options.api.dropIdle();
      await this.#pause(reason);
    }
  }

  async #list(): Promise<void> {
    const items: Item[] = [];
    let next: string | undefined;
    let resourceVersion: string | undefined;
    do {
      const page = (await this.#options.api.get(this.#options.path, {
        ...this.#options.query,
        limit: PAGE,
        ...(next && { continue: next }),
      })) as { items?: unknown[]; metadata?: { continue?: string; resourceVersion?: string } };
      // Page by page, so that the whole objects are never there together.
      for (const object of page.items ?? []) {
        const item = this.#options.read(object);
        if (item !== null) items.push(item);
      }
      next = page.metadata?.continue;
      resourceVersion = page.metadata?.resourceVersion;
    } while (next);
    this.#options.replace(items);
    this.#resourceVersion = resourceVersion ?? '';
    this.freshness.heard();
    this.freshness.synced();
    // A list alone does not mend a server that then forgets where it ended.
    if (this.#isForgotten) this.freshness.well();
    else this.#well();
  }

  /** Resolves to why it ended. */
  async #watch(): Promise<string> {
    const [least, most] = this.#options.watchSeconds ?? WATCH_SECONDS;
    const seconds = Math.ceil(least + Math.random() * (most - least));
    const step = this.#step;
    const deadMan = setTimeout(() => step.abort(new Error('silent')), seconds * 1000 + DEAD_MS);
    const startedAtMs = steadyMs();
    try {
      await this.#options.api.stream(
        this.#options.path,
        {
          ...this.#options.query,
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: this.#resourceVersion ?? '',
          timeoutSeconds: String(seconds),
        },
        step.signal,
        () => {
          this.freshness.heard();
          this.freshness.well();
        },
        (line) => {
          this.freshness.heard();
          this.#take(line as WatchEvent);
        },
      );
    } finally {
      clearTimeout(deadMan);
    }
    // A server that ends every watch at once is failing, however politely.
    if (steadyMs() - startedAtMs < 1_000) throw new CallFailure(0, 'the API server ends each watch at once');
    this.freshness.heard();
    this.#well();
    return 'closed';
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      throw new CallFailure(object.code ?? 0, `the watch failed: ${object.message ?? 'no reason given'}`);
    }
    if (type !== 'BOOKMARK') {
      const item = this.#options.read(object);
      if (item !== null && type === 'DELETED') this.#options.remove(item);
      else if (item !== null) this.#options.set(item);
    }
    this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
    this.#well();
  }

  #failed(error: unknown): string {
    if (this.#step.signal.aborted) {
      const reason = messageOf(this.#step.signal.reason);
      if (reason === 'silent') this.freshness.failed('the API server has fallen silent');
      return reason;
    }
    if (error instanceof CallFailure && error.status === 410) {
      this.#resourceVersion = null;
      this.#isForgotten = true;
      this.freshness.failed('it is being read anew');
      // The first time at once; a server that forgets everything always must not be hammered.
      this.#failures++;
      return 'gone';
    }
    this.#failures++;
    // What a server refuses from this point on it may accept from a new one.
    if (this.#failures % 3 === 0) this.#resourceVersion = null;
    const why = messageOf(error);
    if (this.freshness.failed(why)) this.#options.log.warn({ path: this.#options.path, why }, 'cannot watch');
    return 'failed';
  }

  #well(): void {
    this.freshness.well();
    this.#failures = 0;
    this.#isForgotten = false;
  }

  #pause(reason: string): Promise<void> {
    if (this.#failures === 0) return Promise.resolve();
    this.#step = new AbortController();
    return pause(backOffMs(reason === 'gone' ? GONE : FAILED, this.#failures - 1), this.#step.signal);
  }
}

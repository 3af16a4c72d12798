// Keeps a copy of some objects true: lists them page by page, watches from there, starts again where
// the watch ended, and lists anew when the server has forgotten that point (410).
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import { type Log, messageOf } from '../log.ts';
import { ApiFailure, type KubeApi } from './api.ts';

export interface ListWatchOptions {
  api: KubeApi;
  log: Log;
  /** Such as `/api/v1/pods`. */
  path: string;
  query?: Record<string, string>;
  replace(objects: unknown[]): void;
  set(object: unknown): void;
  remove(object: unknown): void;
  /** Counts why a watch ended: `closed`, `gone`, `failed`, `silent`, `nudged`. */
  onRestart?(reason: string): void;
  /** Seconds after which the server is asked to end a watch; a random one between the two. */
  watchSeconds?: readonly [number, number];
}

/** Time above the server's own end of a watch after which the connection is taken for dead. */
const DEAD_MS = 5_000;
/** A watch that has been silent for this long is doubted when a caller waits for an unknown pod. */
const DOUBT_MS = 5_000;
const MAX_BACKOFF_MS = 5_000;
const PAGE = '500';

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: { metadata?: { resourceVersion?: string }; code?: number; message?: string };
}

export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #closed = new AbortController();
  #resourceVersion: string | null = null;
  #isSynced = false;
  #failure: string | null = 'it has not been read yet';
  #failures = 0;
  #lastHeardMs = 0;
  #lastNudgeMs = 0;
  /** Ends the wait or the watch of this moment; the loop then goes on at once. */
  #step = new AbortController();

  constructor(options: ListWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Whether the whole list has been read once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Why the copy may be out of date; null when all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Somebody waits for an object that should be there: when the server has been silent, the
   * connection may be dead without either end knowing, so a new one is opened from the same point.
   */
  nudge(): void {
    const now = Date.now();
    if (now - this.#lastHeardMs < DOUBT_MS || now - this.#lastNudgeMs < DOUBT_MS) return;
    this.#lastNudgeMs = now;
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
      await this.#pause(reason);
    }
  }

  async #list(): Promise<void> {
    const objects: unknown[] = [];
    let next: string | undefined;
    let resourceVersion: string | undefined;
    do {
      const page = (await this.#options.api.get(this.#options.path, {
        ...this.#options.query,
        limit: PAGE,
        ...(next && { continue: next }),
      })) as { items?: unknown[]; metadata?: { continue?: string; resourceVersion?: string } };
      objects.push(...(page.items ?? []));
      next = page.metadata?.continue;
      resourceVersion = page.metadata?.resourceVersion;
    } while (next);
    this.#options.replace(objects);
    this.#resourceVersion = resourceVersion ?? '';
    this.#lastHeardMs = Date.now();
    this.#isSynced = true;
    this.#well();
  }

  /** Resolves to why it ended. */
  async #watch(): Promise<string> {
    const [least, most] = this.#options.watchSeconds ?? [45, 75];
    const seconds = Math.ceil(least + Math.random() * (most - least));
    const step = this.#step;
    const deadMan = setTimeout(() => step.abort(new Error('silent')), seconds * 1000 + DEAD_MS);
    const startedMs = Date.now();
    let heard = 0;
    try {
      await this.#options.api.stream(
        this.#options.path,
        {
          ...this.#options.query,
          watch: '1',
          allowWatchBookmarks: 'true',
          resourceVersion: this.#resourceVersion ?? '',
          timeoutSeconds: String(seconds),
        },
        step.signal,
        () => {
          this.#failure = null;
        },
        (line) => {
          heard++;
          this.#lastHeardMs = Date.now();
          this.#take(line as WatchEvent);
        },
      );
    } finally {
      clearTimeout(deadMan);
    }
    // A server that ends every watch at once is failing, however politely.
    if (heard === 0 && Date.now() - startedMs < 1_000)
      throw new ApiFailure(0, 'the API server ends each watch at once');
    this.#well();
    return 'closed';
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      throw new ApiFailure(object.code ?? 0, `the watch failed: ${object.message ?? 'no reason given'}`);
    }
    if (type === 'DELETED') this.#options.remove(object);
    else if (type !== 'BOOKMARK') this.#options.set(object);
    this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
    this.#well();
  }

  #failed(error: unknown): string {
    if (this.#step.signal.aborted) return messageOf(this.#step.signal.reason);
    if (error instanceof ApiFailure && error.status === 410) {
      this.#resourceVersion = null;
      this.#failure = 'it is being read anew';
      // The first time at once; a server that forgets everything always must not be hammered.
      this.#failures++;
      return 'gone';
    }
    this.#failures++;
    // What a server refuses from this point on it may accept from a new one.
    if (this.#failures % 3 === 0) this.#resourceVersion = null;
    const failure = messageOf(error);
    if (failure !== this.#failure)
      this.#options.log.warn({ path: this.#options.path, why: failure }, 'cannot watch');
    this.#failure = failure;
    return 'failed';
  }

  #well(): void {
    if (this.#isSynced) this.#failure = null;
    this.#failures = 0;
  }

  #pause(reason: string): Promise<void> {
    if (reason === 'nudged' || reason === 'silent') return Promise.resolve();
    const most =
      reason === 'failed' || this.#failures > 1
        ? Math.min(MAX_BACKOFF_MS, 200 * 2 ** Math.min(this.#failures, 10))
        : 100;
    const waitMs = most / 2 + (Math.random() * most) / 2;
    this.#step = new AbortController();
    const { signal } = this.#step;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

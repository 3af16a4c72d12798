// Keeps the containers of a Docker engine in step: a list, and then one look at each container of which
// an event tells. Engines forget events, so the list is read anew after every break and now and then.
// https://docs.docker.com/reference/api/engine/version/v1.43/#tag/System/operation/SystemEvents
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, messageOf } from '../../log.ts';
import { ApiFailure, type KubeApi } from '../api.ts';
import type { PodIndex } from '../pod-index.ts';
import type { Watches, WatchLevel } from '../watches.ts';
import { containerRecord, type RecordSettings } from './container-record.ts';

export interface EngineWatchOptions {
  engine: Pick<KubeApi, 'get' | 'stream'>;
  settings: RecordSettings;
  pods: PodIndex;
  log: Log;
  onRestart(reason: string): void;
}

interface EngineEvent {
  Type?: string;
  Action?: string;
  status?: string;
  id?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** Events that change who answers for an address. */
const TELLING = new Set([
  'start',
  'unpause',
  'die',
  'stop',
  'kill',
  'destroy',
  'remove',
  'rename',
  'restart',
]);
const RELIST_MS = 60_000;
/** A request from an address that is not known may ask for a list, this often at most. */
const DOUBT_MS = 200;
/** So long without a word, and failing, is being blind. */
const BLIND_MS = 10_000;
const MAX_BACKOFF_MS = 5_000;

export class EngineWatch implements Watches {
  readonly #options: EngineWatchOptions;
  readonly #closed = new AbortController();
  /** One look at the engine after the other, so that a later one never loses to an earlier. */
  #work: Promise<void> = Promise.resolve();
  #isSynced = false;
  #failure: string | null = 'it was not asked yet';
  #listedAtMs = 0;
  #heardAtMs: number | null = null;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  faults(): string[] {
    if (!this.#isSynced) return [`the containers are not known: ${this.#failure}`];
    const silentMs = this.#silentMs();
    if (this.#failure === null || silentMs === null || silentMs < BLIND_MS) return [];
    const silent = Math.round(silentMs / 1000);
    return [
      `nothing was heard of the containers for ${silent} s: ${this.#failure}; those known before are served`,
    ];
  }

  levels(): WatchLevel[] {
    const isUp = this.#isSynced && this.#failure === null;
    return [{ resource: 'containers', isUp, silentMs: this.#silentMs() }];
  }

  #silentMs(): number | null {
    return this.#heardAtMs === null ? null : performance.now() - this.#heardAtMs;
  }

  doubt(): void {
    if (performance.now() - this.#listedAtMs > DOUBT_MS) this.#later(() => this.#list());
  }

  close(): void {
    this.#closed.abort(new Error('closed'));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    for (let failures = 0; !signal.aborted; ) {
      let reason = 'closed';
      try {
        // Events from this second on come again after the list, so that none falls between.
        const since = Math.floor(Date.now() / 1000);
        const events = this.#follow(since);
        await Promise.race([this.#later(() => this.#list()), events]);
        failures = 0;
        await events;
      } catch (error) {
        reason = 'failed';
        failures++;
        this.#failed(error);
      }
      if (signal.aborted) return;
      this.#options.onRestart(reason);
      const most = Math.min(MAX_BACKOFF_MS, 100 * 2 ** Math.min(failures, 10));
      await delay(most / 2 + (Math.random() * most) / 2, undefined, { signal }).catch(() => {});
    }
  }

  /** Until the engine ends the stream, which it does when it stops. */
  async #follow(since: number): Promise<void> {
    const step = new AbortController();
    const stop = (): void => step.abort(new Error('closed'));
    this.#closed.signal.addEventListener('abort', stop);
    // Some engines tell of no network that a running container joins.
    const relist = setInterval(() => this.#later(() => this.#list()), RELIST_MS);
    relist.unref();
    try {
      await this.#options.engine.stream(
        '/events',
        { since: String(since) },
        step.signal,
        () => {},
        (line) => this.#take(line as EngineEvent),
      );
    } finally {
      clearInterval(relist);
      this.#closed.signal.removeEventListener('abort', stop);
    }
  }

  #take({ Type, Action, status, id, Actor = {} }: EngineEvent): void {
    this.#heardAtMs = performance.now();
    const action = (Action ?? status ?? '').split(':')[0]!;
    if (Type === 'network') {
      const container = Actor.Attributes?.['container'];
      if (container && /connect$/.test(action)) this.#later(() => this.#look(container));
      return;
    }
    const container = Actor.ID ?? id;
    if ((Type === undefined || Type === 'container') && container && TELLING.has(action))
      this.#later(() => this.#look(container));
  }

  async #list(): Promise<void> {
    const found = (await this.#options.engine.get('/containers/json', {})) as { Id: string }[];
    const records = await Promise.all(found.map(({ Id }) => this.#inspect(Id)));
    this.#options.pods.replace(records.filter((record) => record !== null));
    this.#listedAtMs = performance.now();
    this.#heardAtMs = this.#listedAtMs;
    this.#isSynced = true;
    this.#failure = null;
  }

  async #look(id: string): Promise<void> {
    const record = await this.#inspect(id);
    if (record === null || record.isFinished) this.#options.pods.remove(id);
    else this.#options.pods.set(record);
  }

  async #inspect(id: string) {
    try {
      const object = await this.#options.engine.get(`/containers/${encodeURIComponent(id)}/json`, {});
      return containerRecord(object, this.#options.settings);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return null;
      throw error;
    }
  }

  /** Resolves when it is done; what fails is told, and the next list mends it. */
  #later(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(async () => {
      if (!this.#closed.signal.aborted) await work();
    });
    this.#work = done.catch((error: unknown) => this.#failed(error));
    return done;
  }

  #failed(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    const failure = messageOf(error);
    if (failure !== this.#failure) this.#options.log.warn({ why: failure }, 'cannot watch the containers');
    this.#failure = failure;
  }
}

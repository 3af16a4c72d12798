// Keeps the containers of a Docker engine in step. An event only says about which container to ask; what
// counts is the engine's answer. Engines lose events and are late with them, so the list is read again
// now and then, and a container that asks for credentials is looked up once more.
// https://docs.docker.com/reference/api/engine/version/v1.43/#tag/System/operation/SystemEvents
import { type BackOff, backOffMs, pause } from '../../back-off.ts';
import { steadyMs } from '../../clock.ts';
import { type Log, messageOf } from '../../log.ts';
import { Freshness } from '../freshness.ts';
import type { PodRecord } from '../pod-record.ts';
import type { Containers } from './containers.ts';
import type { Engine, EngineEvent } from './engine.ts';

export interface EngineWatchOptions {
  engine: Engine;
  containers: Containers;
  /** Null for a container that has ended. */
  read(object: unknown): PodRecord | null;
  log: Log;
  /** Counts why following the engine ended: `closed`, `failed`. */
  onRestart(reason: string): void;
  relistMs?: number;
}

/** Of containers: what may change who has which address, name or role. Podman's own words among them. */
const TELLING =
  /^(?:create|start|restart|unpause|die|died|stop|kill|destroy|remove|cleanup|rename|update|connect|disconnect)$/;
const RELIST_MS = 10_000;
/** A request from an unknown address asks for a list, so often at most. */
const DOUBT_MS = 200;
const FAILED: BackOff = { firstMs: 100, mostMs: 5_000 };
/** Containers asked about at the same time when a list is read. */
const AT_ONCE = 8;
/** Time for a container to end after its address was seen at another. */
const SETTLE_MS = 1_000;
/** Events of this time before the list are told again. */
const OVERLAP_SECONDS = 2;

interface Turn {
  under: Promise<void>;
  next: Promise<void> | null;
}

export class EngineWatch {
  readonly freshness = new Freshness('it has not been asked yet');
  readonly #options: EngineWatchOptions;
  readonly #closed = new AbortController();
  readonly #turns = new Map<string, Turn>();
  #isDoubting = false;
  #doubtedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Somebody waits at an address that some container should have: a known one may have got it since. */
  doubt(): void {
    if (!this.freshness.isSynced || this.#isDoubting) return;
    this.#isDoubting = true;
    void this.#settleDoubt().catch(() => {});
  }

  async #settleDoubt(): Promise<void> {
    await pause(this.#doubtedAtMs + DOUBT_MS - steadyMs(), this.#closed.signal);
    this.#isDoubting = false;
    this.#doubtedAtMs = steadyMs();
    if (!this.#closed.signal.aborted) await this.#list({ all: true });
  }

  /**
   * Asks the engine about a container. A question that is under way may have been answered before this
   * one was asked, so it is asked again.
   * @returns when what the engine said is known; an engine that cannot be reached leaves what was known
   */
  refresh(id: string): Promise<void> {
    const turn = this.#turns.get(id);
    if (!turn) return this.#begin(id);
    turn.next ??= turn.under.then(() => this.#begin(id));
    return turn.next;
  }

  close(): void {
    this.#closed.abort(new Error('closed'));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    for (let failures = 0; !signal.aborted; ) {
      const step = new AbortController();
      let reason = 'closed';
      try {
        await this.#follow(AbortSignal.any([signal, step.signal]), () => {
          failures = 0;
        });
        this.freshness.failed('the Docker engine has ended its events');
      } catch (error) {
        reason = 'failed';
        this.#failed(error);
      }
      step.abort(new Error('over'));
      if (signal.aborted) return;
      this.#options.onRestart(reason);
      await pause(backOffMs(FAILED, failures++), signal);
    }
  }

  /** Until the engine ends the stream, which it does when it stops. */
  async #follow(signal: AbortSignal, onSynced: () => void): Promise<void> {
    const nowSeconds = await this.#options.engine.greet();
    const over = this.#options.engine.events(nowSeconds - OVERLAP_SECONDS, signal, (event) =>
      this.#take(event),
    );
    await Promise.race([over.then(ended), this.#list({ all: true })]);
    this.freshness.synced();
    this.freshness.well();
    onSynced();
    await Promise.race([over, this.#relist(signal)]);
  }

  /** Until a list cannot be read. */
  async #relist(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#options.relistMs ?? RELIST_MS, signal);
      if (!signal.aborted) await this.#list({ all: false });
    }
  }

  /** @param all asks about each container, and not only about those that came or went */
  async #list({ all }: { all: boolean }): Promise<void> {
    const running = await this.#options.engine.running();
    this.freshness.heard();
    const known = this.#options.containers.ids();
    const isNews = (id: string): boolean => all || !(running.includes(id) && known.includes(id));
    const ids = [...new Set([...known, ...running])].filter(isNews);
    const work = ids.values();
    const worker = async (): Promise<void> => {
      for (const id of work) await this.refresh(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  #take({ Type, Action = '', Actor = {} }: EngineEvent): void {
    this.freshness.heard();
    const id = Type === 'network' ? Actor.Attributes?.['container'] : Actor.ID;
    if (id && TELLING.test(Action)) void this.refresh(id);
  }

  #begin(id: string): Promise<void> {
    const turn: Turn = { under: this.#ask(id), next: null };
    this.#turns.set(id, turn);
    turn.under = turn.under.finally(() => {
      if (turn.next === null) this.#turns.delete(id);
    });
    return turn.under;
  }

  async #ask(id: string): Promise<void> {
    const { engine, containers, read, log } = this.#options;
    try {
      const object = await engine.inspect(id);
      this.freshness.heard();
      if (this.#closed.signal.aborted) return;
      const others = containers.set(id, object === null ? null : read(object));
      if (others.length > 0) void this.#settle(others);
    } catch (error) {
      log.debug({ container: id, why: messageOf(error) }, 'cannot look at container');
    }
  }

  /** An address was seen at two containers: the one that had it before has ended or is ending, as a rule. */
  async #settle(others: string[]): Promise<void> {
    const { containers, log } = this.#options;
    for (const waitMs of [0, SETTLE_MS]) {
      await pause(waitMs, this.#closed.signal);
      await Promise.all(others.map((id) => this.refresh(id)));
      if (containers.contested().size === 0 || this.#closed.signal.aborted) return;
    }
    for (const [address, names] of containers.contested())
      log.warn({ address, containers: names }, 'address of several containers, served to none');
  }

  #failed(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    const why = messageOf(error);
    if (this.freshness.failed(why)) this.#options.log.warn({ why }, 'cannot watch containers');
  }
}

function ended(): never {
  throw new Error('the Docker engine ended its events at once');
}

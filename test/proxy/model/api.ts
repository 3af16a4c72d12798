// The API server as the daemon reaches it: lists in pages, watches that replay, and every way in which
// they fail. What has been handed over is told to the oracle in the same moment.
import { CallFailure } from '../../../src/proxy/who/answers.ts';
import type { KubeApi } from '../../../src/proxy/who/api.ts';
import { type ApiObject, type Change, type Cluster, type EventType, NODE, type Resource } from './cluster.ts';

/** What the daemon has been told. */
export interface Told {
  list(resource: Resource, objects: readonly ApiObject[]): void;
  event(resource: Resource, type: EventType, object: ApiObject): void;
}

interface Watch {
  resource: Resource;
  onLine: (line: unknown) => void;
  end: (error?: Error) => void;
  queue: Change[];
  timer: NodeJS.Timeout | null;
  /** Nothing comes through any more, and neither end knows. */
  isDeaf: boolean;
}

const PAGE = 3;
const NO_ANSWER_MS = 15_000;

export class ModelApi implements KubeApi {
  /** When something last went wrong, by the steady clock. */
  troubledAtMs = performance.now();
  /** When a watch last ended, however it did. */
  endedAtMs = performance.now();
  #state: 'up' | 'refusing' | 'hanging' = 'up';
  /** How long an event is on its way. */
  lagMs = 0;
  latencyMs = 2;
  oldest = 0;
  readonly #cluster: Cluster;
  readonly #told: Told;
  readonly #watches = new Set<Watch>();
  readonly #snapshots = new Map<string, { version: number; objects: ApiObject[] }>();

  constructor(cluster: Cluster, told: Told) {
    this.#cluster = cluster;
    this.#told = told;
    cluster.onChange = (change) => {
      for (const watch of this.#watches) if (watch.resource === change.resource) this.#send(watch, change);
    };
  }

  async get(path: string, query: Record<string, string>): Promise<unknown> {
    await this.#arrive();
    const resource = resourceOf(path);
    const [id = '', from = '0'] = query['continue']?.split(':') ?? [];
    const snapshot = id === '' ? this.#snapshot(resource) : this.#snapshots.get(id);
    if (!snapshot || snapshot.version < this.oldest) throw new CallFailure(410, 'the list has expired');
    const start = Number(from);
    const next = start + PAGE;
    const isLast = next >= snapshot.objects.length;
    if (isLast) this.#told.list(resource, snapshot.objects);
    return {
      metadata: {
        resourceVersion: String(snapshot.version),
        ...(!isLast && { continue: `${id || this.#keep(snapshot)}:${next}` }),
      },
      items: snapshot.objects.slice(start, next),
    };
  }

  async stream(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    onOpen: () => void,
    onLine: (line: unknown) => void,
  ): Promise<void> {
    await this.#arrive();
    if (signal.aborted) throw signal.reason;
    const from = Number(query['resourceVersion']);
    if (from < this.oldest) throw new CallFailure(410, 'too old resource version');
    onOpen();
    await new Promise<void>((resolve, reject) => {
      const watch: Watch = {
        resource: resourceOf(path),
        onLine,
        end: (error) => {
          this.#watches.delete(watch);
          this.endedAtMs = performance.now();
          if (watch.timer) clearTimeout(watch.timer);
          clearTimeout(limit);
          error ? reject(error) : resolve();
        },
        queue: [],
        timer: null,
        isDeaf: false,
      };
      const limit = setTimeout(() => !watch.isDeaf && watch.end(), Number(query['timeoutSeconds']) * 1000);
      signal.addEventListener('abort', () => watch.end(signal.reason as Error), { once: true });
      this.#watches.add(watch);
      for (const change of this.#cluster.history)
        if (change.version > from && change.resource === watch.resource) this.#send(watch, change);
    });
  }

  post = async (): Promise<unknown> => ({});
  patch = async (): Promise<unknown> => ({});
  dropIdle(): void {}
  close(): void {}

  get state() {
    return this.#state;
  }

  set state(state) {
    if (state !== this.#state) this.troubledAtMs = performance.now();
    this.#state = state;
  }

  /** Watches that hear of what happens. */
  get hearing(): number {
    return [...this.#watches].filter(({ isDeaf }) => !isDeaf).length;
  }

  /** Whether all that has happened was handed over. */
  get isDelivered(): boolean {
    return [...this.#watches].every(({ queue, isDeaf }) => isDeaf || queue.length === 0);
  }

  breakWatches(error?: Error): void {
    this.troubledAtMs = performance.now();
    for (const watch of [...this.#watches]) watch.end(error);
  }

  deafen(): void {
    this.troubledAtMs = performance.now();
    for (const watch of this.#watches) watch.isDeaf = true;
  }

  /** A line that is no object's event. */
  say(line: unknown): void {
    for (const watch of [...this.#watches]) if (!watch.isDeaf) this.#hand(watch, line);
  }

  bookmark(): void {
    // Never ahead of what is still on its way.
    const object = { metadata: { resourceVersion: String(this.#cluster.version) } };
    if (this.isDelivered) this.say({ type: 'BOOKMARK', object });
  }

  forget(): void {
    this.troubledAtMs = performance.now();
    this.oldest = this.#cluster.version;
    this.#cluster.history.length = 0;
  }

  async #arrive(): Promise<void> {
    const state = this.state;
    await new Promise((done) => setTimeout(done, state === 'hanging' ? NO_ANSWER_MS : this.latencyMs));
    if (state === 'hanging') throw new CallFailure(0, 'no answer');
    if (state === 'refusing') throw new CallFailure(503, 'refused on purpose');
  }

  #snapshot(resource: Resource): { version: number; objects: ApiObject[] } {
    const objects = this.#cluster.list(resource).filter((object) => isOfNode(resource, object));
    return { version: this.#cluster.version, objects };
  }

  #keep(snapshot: { version: number; objects: ApiObject[] }): string {
    const id = `s${this.#snapshots.size}`;
    this.#snapshots.set(id, snapshot);
    return id;
  }

  #send(watch: Watch, change: Change): void {
    if (watch.isDeaf || !isOfNode(change.resource, change.object)) return;
    watch.queue.push(change);
    if (this.lagMs === 0 && watch.timer === null) this.#flush(watch);
    else watch.timer ??= setTimeout(() => this.#flush(watch), Math.max(1, this.lagMs));
  }

  #flush(watch: Watch): void {
    watch.timer = null;
    if (watch.isDeaf) return;
    for (const { resource, type, object } of watch.queue.splice(0)) {
      this.#told.event(resource, type, object);
      this.#hand(watch, { type, object });
    }
  }

  /** A reader that throws ends its watch, as a broken stream does. */
  #hand(watch: Watch, line: unknown): void {
    try {
      watch.onLine(line);
    } catch (error) {
      this.troubledAtMs = performance.now();
      watch.end(error as Error);
    }
  }
}

const resourceOf = (path: string): Resource => (path.endsWith('/pods') ? 'pods' : 'namespaces');

function isOfNode(resource: Resource, object: ApiObject): boolean {
  return resource === 'namespaces' || (object['spec'] as { nodeName: string }).nodeName === NODE;
}

// All objects of the emulated cluster, with the two things that clients build on: one counter that
// orders every change, and a bounded history from which a watch can resume.
import { randomUUID } from 'node:crypto';
import { type ApiObject, apiTime, deepFreeze } from '../object.ts';

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Resource key such as `pods` or `daemonsets.apps`. */
  key: string;
  /** The object after the change; for DELETED its last state under the deletion's version. */
  object: ApiObject;
  previous: ApiObject | null;
  version: number;
}

export type Listener = (change: Change) => void;

export interface StoreOptions {
  /** Changes kept for watches to resume from. */
  historyLimit?: number;
}

/** Stored objects are frozen; copy one to change it. Listeners are called in order, after each change. */
export class Store {
  // As in a cluster that has lived a little, there is a past that nobody can watch from.
  #version = 100;
  #forgottenUpTo = 100;
  readonly #objects = new Map<string, Map<string, ApiObject>>();
  readonly #history: Change[] = [];
  readonly #historyLimit: number;
  readonly #listeners = new Set<{ key: string | null; listener: Listener }>();
  readonly #queue: Change[] = [];
  #isTelling = false;

  constructor(options: StoreOptions = {}) {
    this.#historyLimit = options.historyLimit ?? 5000;
  }

  /** The version of the last change. */
  get version(): number {
    return this.#version;
  }

  /** From which a watch can still resume. */
  get oldestVersion(): number {
    return this.#forgottenUpTo;
  }

  get(key: string, namespace: string, name: string): ApiObject | null {
    return this.#objects.get(key)?.get(`${namespace}/${name}`) ?? null;
  }

  /** In the order of namespace and name, as the API lists; all namespaces when none is given. */
  list(key: string, namespace?: string): ApiObject[] {
    const found: [string, ApiObject][] = [];
    for (const entry of this.#objects.get(key) ?? []) {
      if (!namespace || entry[0].startsWith(`${namespace}/`)) found.push(entry);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Adds or replaces the object and gives it the next resourceVersion. */
  put(key: string, object: ApiObject): ApiObject {
    const { namespace = '', name } = object.metadata;
    const previous = this.get(key, namespace, name);
    const stored = this.#stamp(object);
    let ofKind = this.#objects.get(key);
    if (!ofKind) {
      ofKind = new Map();
      this.#objects.set(key, ofKind);
    }
    ofKind.set(`${namespace}/${name}`, stored);
    this.#tell({
      type: previous ? 'MODIFIED' : 'ADDED',
      key,
      object: stored,
      previous,
      version: this.#version,
    });
    return stored;
  }

  /** Null when there was none. */
  delete(key: string, namespace: string, name: string): ApiObject | null {
    const previous = this.get(key, namespace, name);
    if (!previous) return null;
    this.#objects.get(key)!.delete(`${namespace}/${name}`);
    const last = this.#stamp(previous);
    this.#tell({ type: 'DELETED', key, object: last, previous, version: this.#version });
    return last;
  }

  /** Calls back after each change from now on; of all kinds when the key is null. */
  watch(key: string | null, listener: Listener): () => void {
    const entry = { key, listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** The changes after a version; null when some of them are no longer known. */
  since(version: number, key: string): Change[] | null {
    if (version < this.#forgottenUpTo) return null;
    return this.#history.filter((change) => change.version > version && change.key === key);
  }

  /** Forgets the history, as etcd's compaction does: older watches and lists get 410. */
  compact(): void {
    this.#history.length = 0;
    this.#forgottenUpTo = this.#version;
  }

  // What the operations have stamped already keeps its stamp; what a part of the cluster puts directly gets one.
  #stamp(object: ApiObject): ApiObject {
    this.#version += 1;
    const { uid = randomUUID(), creationTimestamp = apiTime(Date.now()) } = object.metadata;
    return deepFreeze({
      ...object,
      metadata: { ...object.metadata, uid, creationTimestamp, resourceVersion: String(this.#version) },
    });
  }

  // A listener may change the store itself; the others still see the changes in their order.
  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > this.#historyLimit) {
      this.#forgottenUpTo = this.#history.shift()!.version;
    }
    this.#queue.push(change);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        for (const { key, listener } of [...this.#listeners]) {
          if (key === null || key === next.key) listener(next);
        }
      }
    } finally {
      this.#isTelling = false;
    }
  }
}

// The annotations of every namespace that hold its allow-list; filled only when restrictions are on.
import { type Annotations, PERMITTED_KEY } from '../../model/annotations.ts';
import { Waiters } from './waiters.ts';

export class NamespaceIndex {
  readonly #annotations = new Map<string, Annotations>();
  readonly #keys: readonly string[];
  readonly #waiters = new Waiters();

  constructor(namespaceKey: string) {
    this.#keys = [namespaceKey, PERMITTED_KEY];
  }

  /** Null when the namespace is not known. */
  get(name: string): Annotations | null {
    return this.#annotations.get(name) ?? null;
  }

  /** As `get`, but a namespace as new as its first pod may still be on its way. */
  async waitFor(name: string, waitMs: number): Promise<Annotations | null> {
    if (!this.#annotations.has(name) && waitMs > 0) await this.#waiters.wait(name, waitMs);
    return this.get(name);
  }

  /** Returns the namespace's name. */
  set(object: unknown): string {
    const { name = '', annotations } = metadataOf(object);
    const kept = Object.entries(annotations ?? {}).filter(([key]) => this.#keys.includes(key));
    this.#annotations.set(name, Object.fromEntries(kept));
    this.#waiters.wake(name);
    return name;
  }

  /** Returns the namespace's name. */
  remove(object: unknown): string {
    const { name = '' } = metadataOf(object);
    this.#annotations.delete(name);
    return name;
  }

  replace(objects: readonly unknown[]): void {
    this.#annotations.clear();
    for (const object of objects) this.set(object);
  }
}

function metadataOf(object: unknown): { name?: string; annotations?: Record<string, string> } {
  return (object as { metadata?: { name?: string; annotations?: Record<string, string> } }).metadata ?? {};
}

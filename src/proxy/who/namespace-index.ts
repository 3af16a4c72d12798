// The annotations of every namespace that hold its allow-list; filled only when restrictions are on.
import { type Annotations, PERMITTED_KEY } from '../../model/annotations.ts';
import { Waiters } from './waiters.ts';

export interface NamespaceRecord {
  name: string;
  /** Only those by which roles are allowed. */
  annotations: Annotations;
}

interface NamespaceMetadata {
  name?: string;
  annotations?: Record<string, string> | null;
}

/** Reads a namespace as the API sends it; null for what has no name. */
export function namespaceRecord(object: unknown, namespaceKey: string): NamespaceRecord | null {
  const { metadata } = (object ?? {}) as { metadata?: NamespaceMetadata | null };
  if (!metadata?.name) return null;
  const { name, annotations } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(
    ([key, value]) => (key === namespaceKey || key === PERMITTED_KEY) && typeof value === 'string',
  );
  return { name, annotations: Object.fromEntries(kept) };
}

export class NamespaceIndex {
  readonly #annotations = new Map<string, Annotations>();
  readonly #waiters = new Waiters();

  /** Null when the namespace is not known. */
  get(name: string): Annotations | null {
    return this.#annotations.get(name) ?? null;
  }

  /** As `get`, but a namespace as new as its first pod may still be on its way. */
  async waitFor(name: string, waitMs: number): Promise<Annotations | null> {
    if (!this.#annotations.has(name) && waitMs > 0) await this.#waiters.wait(name, waitMs);
    return this.get(name);
  }

  set({ name, annotations }: NamespaceRecord): void {
    this.#annotations.set(name, annotations);
    this.#waiters.wake(name);
  }

  remove(name: string): void {
    this.#annotations.delete(name);
  }

  /** The whole list, read anew: what is not in it is gone. */
  replace(all: readonly NamespaceRecord[]): void {
    this.#annotations.clear();
    for (const namespace of all) this.set(namespace);
  }
}

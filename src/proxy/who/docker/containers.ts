// Which container is behind an address. The engine gives each its own; an address that two are seen at is
// nobody's until the engine has been asked about both, for one of the two has just ended, as a rule.
import type { PodIndex } from '../pod-index.ts';
import type { PodRecord } from '../pod-record.ts';

export class Containers {
  readonly #index: PodIndex;
  /** By id, as last read. */
  readonly #known = new Map<string, PodRecord>();
  /** Address → ids of those that were seen there. */
  readonly #seenAt = new Map<string, Set<string>>();

  constructor(index: PodIndex) {
    this.#index = index;
  }

  ids(): string[] {
    return [...this.#known.keys()];
  }

  /**
   * Takes what was read of a container; null: it has ended.
   * @returns the ids of others at an address that is new to it, about which the engine has to be asked
   */
  set(id: string, container: PodRecord | null): string[] {
    const before = this.#known.get(id);
    const addresses = container?.addresses ?? [];
    const touched = new Set(
      [...(before?.addresses ?? []), ...addresses].flatMap((address) => [
        ...(this.#seenAt.get(address) ?? []),
      ]),
    );
    touched.delete(id);
    for (const address of before?.addresses ?? []) this.#leave(address, id);
    for (const address of addresses) this.#enter(address, id);
    if (container) this.#known.set(id, container);
    else this.#known.delete(id);
    for (const one of [id, ...touched]) this.#publish(one);
    const fresh = addresses.filter((address) => !before?.addresses.includes(address));
    return [...touched].filter((other) =>
      this.#known.get(other)!.addresses.some((address) => fresh.includes(address)),
    );
  }

  /** Names of the containers that are seen at one and the same address, by address. */
  contested(): Map<string, string[]> {
    const several = [...this.#seenAt].filter(([, ids]) => ids.size > 1);
    return new Map(
      several.map(([address, ids]) => [address, [...ids].map((id) => this.#known.get(id)!.name)]),
    );
  }

  #publish(id: string): void {
    const container = this.#known.get(id);
    if (!container) {
      this.#index.remove(id);
      return;
    }
    const addresses = container.addresses.filter((address) => this.#seenAt.get(address)?.size === 1);
    const record = { ...container, addresses };
    // What has not changed keeps all that was worked out for it.
    if (JSON.stringify(record) !== JSON.stringify(this.#index.get(id))) this.#index.set(record);
  }

  #enter(address: string, id: string): void {
    const ids = this.#seenAt.get(address) ?? new Set();
    this.#seenAt.set(address, ids.add(id));
  }

  #leave(address: string, id: string): void {
    const ids = this.#seenAt.get(address);
    ids?.delete(id);
    if (ids?.size === 0) this.#seenAt.delete(address);
  }
}

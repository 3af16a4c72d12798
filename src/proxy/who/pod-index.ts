// Which pod is behind an address. Identity is the pod's UID; an address only leads to it, and can
// be claimed by two pods for a moment while it passes from one to the next.
import { steadyMs } from '../clock.ts';
import type { PodRecord } from './pod-record.ts';
import { Waiters } from './waiters.ts';

/** A pod's word that an address is its own. */
interface Claim {
  pod: PodRecord;
  seen: number;
  news: number;
  hasYielded: boolean;
}

/** Called with what a pod has become; null once it is gone. */
export type PodListener = (uid: string, pod: PodRecord | null) => void;

/** Called when a pod announces an address that others have or announce too; nobody is served by its word then. */
export type ContestListener = (address: string, pods: readonly PodRecord[]) => void;

export class PodIndex {
  readonly #pods = new Map<string, PodRecord>();
  /** Namespace and name → UID. */
  readonly #names = new Map<string, string>();
  /** Address → UID → that pod's claim. */
  readonly #claims = new Map<string, Map<string, Claim>>();
  readonly #waiters = new Waiters();
  readonly #listener: PodListener;
  readonly #onContest: ContestListener;
  /** Rises with each claim. */
  #sequence = 0;
  /** Rises with each event, and with each list as a whole. */
  #news = 0;

  constructor(listener: PodListener = () => {}, onContest: ContestListener = () => {}) {
    this.#listener = listener;
    this.#onContest = onContest;
  }

  get size(): number {
    return this.#pods.size;
  }

  /**
   * The pod that may speak from this address: of those that the kubelet has reported there a living one before
   * a terminating one, then the one seen there last. A pod that has yielded the address to a later one does not
   * get it back, not even when that one is gone. One that only announces it speaks where no other pod has to do
   * with the address at all: an announcement is an annotation, which others than the network plugin may write.
   */
  at(address: string): PodRecord | null {
    const claims = this.#claims.get(address);
    if (!claims) return null;
    let best: Claim | null = null;
    for (const claim of claims.values())
      if (!claim.hasYielded && (best === null || isBetter(claim, best))) best = claim;
    if (best === null || (best.pod.isEarly && claims.size > 1)) return null;
    return best.pod;
  }

  get(uid: string): PodRecord | null {
    return this.#pods.get(uid) ?? null;
  }

  /** Calls back with every pod, terminating and finished ones too. */
  each(visit: (uid: string, pod: PodRecord) => void): void {
    for (const [uid, pod] of this.#pods) visit(uid, pod);
  }

  /** The pod at an address as soon as one is seen there; null when none is within the time. */
  async waitAt(address: string, waitMs: number): Promise<PodRecord | null> {
    const endMs = steadyMs() + waitMs;
    for (;;) {
      const found = this.at(address);
      const leftMs = endMs - steadyMs();
      if (found || leftMs <= 0) return found;
      // Woken by any pod's word of this address, also by one that may not speak from there.
      await this.#waiters.wait(address, leftMs);
    }
  }

  /** A pod by its UID as soon as it is seen; null when it is not within the time. */
  async waitFor(uid: string, waitMs: number): Promise<PodRecord | null> {
    if (!this.#pods.has(uid) && waitMs > 0) await this.#waiters.wait(uid, waitMs);
    return this.get(uid);
  }

  /** A pod was added or has changed. */
  set(pod: PodRecord): void {
    this.#news++;
    this.#take(pod);
  }

  #take(pod: PodRecord): void {
    const before = this.#pods.get(pod.uid);
    if (!before && pod.kind !== 'container') this.#takeName(pod);
    this.#pods.set(pod.uid, pod);
    const addresses = answersFor(pod);
    for (const address of before ? answersFor(before) : [])
      if (!addresses.includes(address)) this.#unclaim(address, pod.uid);
    for (const address of addresses) this.#claim(address, pod);
    this.#listener(pod.uid, pod);
    for (const key of [pod.uid, ...addresses]) this.#waiters.wake(key);
  }

  /** A pod is gone. By UID, so that a namesake created since is not touched. */
  remove(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    for (const address of answersFor(pod)) this.#unclaim(address, uid);
    this.#pods.delete(uid);
    if (this.#names.get(fullName(pod)) === uid) this.#names.delete(fullName(pod));
    this.#listener(uid, null);
  }

  /** The whole list, read anew: what is not in it is gone. */
  replace(pods: readonly PodRecord[]): void {
    const uids = new Set(pods.map(({ uid }) => uid));
    for (const uid of [...this.#pods.keys()]) if (!uids.has(uid)) this.remove(uid);
    this.#news++;
    for (const pod of [...pods].sort((a, b) => a.addressedAtMs - b.addressedAtMs)) this.#take(pod);
  }

  /** Two pods never have one name: where the end of the first was not told, it is told by the second. */
  #takeName(pod: PodRecord): void {
    const namesake = this.#names.get(fullName(pod));
    if (namesake !== undefined) this.remove(namesake);
    this.#names.set(fullName(pod), pod.uid);
  }

  #claim(address: string, pod: PodRecord): void {
    const claims = this.#claims.get(address) ?? new Map<string, Claim>();
    this.#claims.set(address, claims);
    const known = claims.get(pod.uid);
    // A report is news, even of an address that was announced before.
    if (known && !(known.pod.isEarly && !pod.isEarly)) {
      known.pod = pod;
      return;
    }
    const claim = { pod, seen: ++this.#sequence, news: this.#news, hasYielded: false };
    // Only what came together may have come in any order.
    if (!pod.isEarly)
      for (const other of claims.values())
        if (!other.pod.isEarly && other.news < claim.news) other.hasYielded = true;
    claims.set(pod.uid, claim);
    if (pod.isEarly && claims.size > 1)
      this.#onContest(
        address,
        [...claims.values()].map((one) => one.pod),
      );
  }

  #unclaim(address: string, uid: string): void {
    const claims = this.#claims.get(address);
    claims?.delete(uid);
    if (claims?.size === 0) this.#claims.delete(address);
  }
}

const fullName = ({ namespace, name }: PodRecord): string => `${namespace}/${name}`;

// A pod on its node's network shares the node's address with others; a finished one has let go of its own.
function answersFor(pod: PodRecord): string[] {
  return pod.hostNetwork || pod.isFinished ? [] : pod.addresses;
}

function isBetter(a: Claim, b: Claim): boolean {
  if (a.pod.isEarly !== b.pod.isEarly) return b.pod.isEarly;
  if (a.pod.isTerminating !== b.pod.isTerminating) return b.pod.isTerminating;
  return a.seen > b.seen;
}

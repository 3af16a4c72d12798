// Holds the credentials of every identity that a pod of this node has: fetched before they are asked
// for, one STS call at a time for each, renewed ahead, and served as long as they are valid.
import { steadyMs } from '../clock.ts';
import { Allowance } from '../who/allowance.ts';
import { within } from '../within.ts';
import { AMPLE, hasEnough, leftMs, nextCall, type Scant } from './life.ts';
import { CredentialFailure, type Credentials, type Identity, identityKey } from './types.ts';
import { ChangedTooOften, deadOnArrival, defect, Slow } from './vault-failures.ts';

/** Asks STS; throws CredentialFailure. `isUrgent` says whether a pod is waiting right now. */
export type Issue = (identity: Identity, isUrgent: () => boolean) => Promise<Credentials>;

export interface VaultEvents {
  issued(identity: Identity, credentials: Credentials, holders: readonly string[]): void;
  /** A call failed; `stillValid` is what goes on being served. */
  failed(
    identity: Identity,
    failure: CredentialFailure,
    holders: readonly string[],
    stillValid: Credentials | null,
  ): void;
  /** A pod has changed its identity so often that this one is not asked for yet. */
  putOff(uid: string, identity: Identity, failure: CredentialFailure): void;
  hit(): void;
}

/** A caller that gets no answer by now has long given up; the call itself goes on. */
const CALLER_PATIENCE_MS = 4_000;
/** How long a caller waits for a renewal while what is there is still valid. */
const RENEWAL_PATIENCE_MS = 300;
/** Refusals are remembered for 5 to 10 s, other failures for up to 1 s. */
const REFUSED_MS = 5_000;
const FAILED_MS = 500;
const MAX_RETRY_MS = 60_000;
/** Timers stand still while the machine is suspended, so nothing is slept through for longer than this. */
const LOOK_MS = 30_000;
/**
 * Identities that are asked for on behalf of one pod: its first, a few changes at once, and one a minute. Whoever
 * may write the annotations of a pod could otherwise have STS asked at each stroke, at its neighbours' cost.
 */
export const OF_EACH_POD = { burst: 5, perSecond: 1 / 60 };

interface Entry {
  identity: Identity;
  /** UIDs of the pods that have it; without any it is dropped. */
  holders: Set<string>;
  /** A pod has spent one of its identities on it; until then STS is not asked. */
  isPaid: boolean;
  credentials: Credentials | null;
  call: Promise<Credentials> | null;
  failure: { reason: CredentialFailure; untilMs: number } | null;
  failures: number;
  scant: Scant;
  waiting: number;
  timer: NodeJS.Timeout | null;
}

export class Vault {
  readonly #issue: Issue;
  readonly #events: VaultEvents;
  readonly #entries = new Map<string, Entry>();
  readonly #held = new Map<string, string>();
  readonly #ofEachPod = new Allowance(OF_EACH_POD);
  #isClosed = false;

  constructor(issue: Issue, events: VaultEvents) {
    this.#issue = issue;
    this.#events = events;
  }

  /** A pod has this identity from now on (null: none); its credentials are fetched at once. */
  hold(uid: string, identity: Identity | null): void {
    const key = identity && identityKey(identity);
    const before = this.#held.get(uid);
    if (before === (key ?? undefined)) return;
    if (before !== undefined) this.#letGo(uid, before);
    if (!identity || key === null) return;
    this.#held.set(uid, key);
    const entry = this.#entry(key, identity);
    entry.holders.add(uid);
    if (!valid(entry) && !entry.call && !isRemembered(entry) && this.#pay(entry, uid)) this.#call(entry);
  }

  /** What needs no wait: credentials with enough time left; null when there are none. */
  atHand(identity: Identity): Credentials | null {
    const entry = this.#entries.get(identityKey(identity));
    if (!entry?.credentials || !hasEnough(entry.identity, entry.credentials, entry.scant)) return null;
    this.#events.hit();
    return entry.credentials;
  }

  /**
   * The credentials of an identity.
   * @param uid of the pod that asks
   * @throws CredentialFailure when there are none and STS gives none
   */
  async get(identity: Identity, uid: string): Promise<Credentials> {
    const held = this.atHand(identity);
    if (held) return held;
    const entry = this.#entry(identityKey(identity), identity);
    if (!entry.call && isRemembered(entry)) return validOr(entry, entry.failure!.reason);
    if (!this.#pay(entry, uid)) {
      this.#dropIfUnused(entry);
      throw new ChangedTooOften();
    }
    entry.waiting++;
    try {
      const call = entry.call ?? this.#call(entry);
      return await within(call, valid(entry) ? RENEWAL_PATIENCE_MS : CALLER_PATIENCE_MS, () => new Slow());
    } catch (error) {
      if (error instanceof Slow && !valid(entry))
        this.#events.failed(entry.identity, error, [...entry.holders], null);
      return validOr(entry, error);
    } finally {
      entry.waiting--;
      this.#dropIfUnused(entry);
    }
  }

  /** What is known of an identity, for the explanation. */
  peek(identity: Identity): { credentials: Credentials | null; failure: CredentialFailure | null } {
    const entry = this.#entries.get(identityKey(identity));
    const putOff = entry && !entry.isPaid ? new ChangedTooOften() : null;
    return { credentials: entry ? valid(entry) : null, failure: entry?.failure?.reason ?? putOff };
  }

  /** Credentials that are held and valid, and the shortest time left among them in milliseconds. */
  stock(): { held: number; leastLeftMs: number | null } {
    const left = [...this.#entries.values()].flatMap((entry) => {
      const credentials = valid(entry);
      return credentials ? [leftMs(credentials)] : [];
    });
    return { held: left.length, leastLeftMs: left.length ? Math.min(...left) : null };
  }

  /** Identities that it keeps anything of. */
  get size(): number {
    return this.#entries.size;
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#entries.values()) if (timer) clearTimeout(timer);
  }

  #entry(key: string, identity: Identity): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = {
      identity,
      holders: new Set(),
      isPaid: false,
      credentials: null,
      call: null,
      failure: null,
      failures: 0,
      scant: AMPLE,
      waiting: 0,
      timer: null,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #pay(entry: Entry, uid: string): boolean {
    entry.isPaid ||= this.#ofEachPod.take(uid);
    if (!entry.isPaid) this.#events.putOff(uid, entry.identity, new ChangedTooOften());
    return entry.isPaid;
  }

  /** The one call of this moment for this identity. No caller's going away ends it. */
  #call(entry: Entry): Promise<Credentials> {
    if (entry.timer) clearTimeout(entry.timer);
    entry.timer = null;
    const call = this.#ask(entry);
    entry.call = call;
    // Who waits for it hears of its failure; nobody may.
    call.catch(() => {});
    return call;
  }

  async #ask(entry: Entry): Promise<Credentials> {
    try {
      const credentials = await this.#issue(entry.identity, () => entry.waiting > 0);
      if (leftMs(credentials) <= 0) throw deadOnArrival();
      const { inMs, scant } = nextCall(entry.identity, credentials, entry.scant);
      Object.assign(entry, { call: null, credentials, scant, failure: null, failures: 0 });
      this.#events.issued(entry.identity, credentials, [...entry.holders]);
      this.#callIn(entry, inMs);
      return credentials;
    } catch (error) {
      const reason = error instanceof CredentialFailure ? error : defect(error);
      const isFinal = reason.kind === 'refused';
      entry.call = null;
      entry.failures++;
      entry.failure = { reason, untilMs: steadyMs() + jitter(isFinal ? REFUSED_MS : FAILED_MS) };
      this.#events.failed(entry.identity, reason, [...entry.holders], valid(entry));
      // A refusal is asked about again when a pod asks again; while something is still valid, and after
      // an outage, the daemon tries by itself.
      if (!isFinal || valid(entry)) this.#callIn(entry, retryInMs(entry, isFinal));
      throw reason;
    } finally {
      this.#dropIfUnused(entry);
    }
  }

  #callIn(entry: Entry, inMs: number): void {
    const atMs = steadyMs() + inMs;
    const look = (): void => {
      if (this.#isClosed || entry.holders.size === 0) return;
      const isShort =
        entry.failures === 0 &&
        (!entry.credentials || !hasEnough(entry.identity, entry.credentials, entry.scant));
      const leftMs = atMs - steadyMs();
      if (leftMs <= 0 || isShort) {
        this.#call(entry);
        return;
      }
      entry.timer = setTimeout(look, Math.min(LOOK_MS, leftMs));
      entry.timer.unref();
    };
    look();
  }

  #letGo(uid: string, key: string): void {
    this.#held.delete(uid);
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.holders.delete(uid);
    this.#dropIfUnused(entry);
  }

  #dropIfUnused(entry: Entry): void {
    if (entry.holders.size > 0 || entry.call || entry.waiting > 0) return;
    if (entry.timer) clearTimeout(entry.timer);
    this.#entries.delete(identityKey(entry.identity));
  }
}

const isRemembered = ({ failure }: Entry): boolean => failure !== null && failure.untilMs > steadyMs();

function valid({ credentials }: Entry): Credentials | null {
  return credentials && leftMs(credentials) > 0 ? credentials : null;
}

function validOr(entry: Entry, error: unknown): Credentials {
  const credentials = valid(entry);
  if (credentials) return credentials;
  throw error;
}

function retryInMs({ failures }: Entry, isFinal: boolean): number {
  if (isFinal) return jitter(MAX_RETRY_MS);
  return jitter(Math.min(MAX_RETRY_MS / 2, FAILED_MS * 2 ** Math.min(failures, 10)));
}

/** Between the time given and twice that. */
const jitter = (ms: number): number => ms + Math.random() * ms;

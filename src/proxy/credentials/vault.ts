// Holds the credentials of every identity that a pod of this node has: fetched before they are asked
// for, one STS call at a time for each, renewed ahead, and served as long as they are valid.
import { within } from '../within.ts';
import { CredentialFailure, type Credentials, type Identity, identityKey } from './types.ts';

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
  hit(): void;
}

/** SDKs stretch what has less than this left, and go on with expired keys. */
export const MIN_LEFT_MS = 25 * 60_000;
/** A caller that gets no answer by now has long given up; the call itself goes on. */
const CALLER_PATIENCE_MS = 4_000;
/** How long a caller waits for a renewal while what is there is still valid. */
const RENEWAL_PATIENCE_MS = 300;
/** Refusals are remembered for 5 to 10 s, other failures for up to 1 s. */
const REFUSED_MS = 5_000;
const FAILED_MS = 500;
const MAX_RETRY_MS = 60_000;

interface Entry {
  identity: Identity;
  /** UIDs of the pods that have it; without any it is dropped. */
  holders: Set<string>;
  credentials: Credentials | null;
  call: Promise<Credentials> | null;
  failure: { reason: CredentialFailure; untilMs: number } | null;
  failures: number;
  waiting: number;
  timer: NodeJS.Timeout | null;
}

export class Vault {
  readonly #issue: Issue;
  readonly #events: VaultEvents;
  readonly #entries = new Map<string, Entry>();
  readonly #held = new Map<string, string>();
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
    if (!this.#valid(entry) && !entry.call && !isRemembered(entry)) this.#call(entry).catch(() => {});
  }

  /** What needs no wait: credentials with enough time left; null when there are none. */
  atHand(identity: Identity): Credentials | null {
    const entry = this.#entries.get(identityKey(identity));
    const credentials = entry ? this.#valid(entry) : null;
    if (!credentials || leftMs(credentials) < leastLeftMs(credentials)) return null;
    this.#events.hit();
    return credentials;
  }

  /**
   * The credentials of an identity that some pod holds.
   * @throws CredentialFailure when there are none and STS gives none
   */
  async get(identity: Identity): Promise<Credentials> {
    const held = this.atHand(identity);
    if (held) return held;
    const entry = this.#entry(identityKey(identity), identity);
    const valid = this.#valid(entry);
    if (!entry.call && isRemembered(entry)) {
      if (valid) return valid;
      throw entry.failure!.reason;
    }
    entry.waiting++;
    try {
      const call = entry.call ?? this.#call(entry);
      if (!valid) return await within(call, CALLER_PATIENCE_MS, () => tooSlow());
      return await within(call, RENEWAL_PATIENCE_MS, () => tooSlow()).catch(() => valid);
    } finally {
      entry.waiting--;
      if (entry.holders.size === 0 && !entry.call) this.#drop(entry);
    }
  }

  /** What is known of an identity, for the explanation. */
  peek(identity: Identity): { credentials: Credentials | null; failure: CredentialFailure | null } {
    const entry = this.#entries.get(identityKey(identity));
    return { credentials: entry ? this.#valid(entry) : null, failure: entry?.failure?.reason ?? null };
  }

  /** Credentials that are held and valid, and the shortest time left among them in milliseconds. */
  stock(): { held: number; leastLeftMs: number | null } {
    const left = [...this.#entries.values()].flatMap((entry) => {
      const valid = this.#valid(entry);
      return valid ? [leftMs(valid)] : [];
    });
    return { held: left.length, leastLeftMs: left.length ? Math.min(...left) : null };
  }

  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) if (entry.timer) clearTimeout(entry.timer);
  }

  #entry(key: string, identity: Identity): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = {
      identity,
      holders: new Set(),
      credentials: null,
      call: null,
      failure: null,
      failures: 0,
      waiting: 0,
      timer: null,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** The one call of this moment for this identity. No caller's going away ends it. */
  #call(entry: Entry): Promise<Credentials> {
    if (entry.timer) clearTimeout(entry.timer);
    entry.timer = null;
    entry.call = this.#issue(entry.identity, () => entry.waiting > 0).then(
      (credentials) => {
        Object.assign(entry, { call: null, credentials, failure: null, failures: 0 });
        this.#events.issued(entry.identity, credentials, [...entry.holders]);
        this.#next(entry, renewInMs(credentials));
        return credentials;
      },
      (error: unknown) => {
        const reason = error instanceof CredentialFailure ? error : defect(error);
        const isFinal = reason.kind === 'refused';
        entry.call = null;
        entry.failures++;
        entry.failure = { reason, untilMs: Date.now() + jitter(isFinal ? REFUSED_MS : FAILED_MS) };
        this.#events.failed(entry.identity, reason, [...entry.holders], this.#valid(entry));
        // A refusal is asked about again when a pod asks again; while something is still valid, and
        // after an outage, the daemon tries by itself.
        if (!isFinal || this.#valid(entry)) this.#next(entry, retryInMs(entry, isFinal));
        throw reason;
      },
    );
    entry.call.catch(() => {});
    return entry.call;
  }

  #next(entry: Entry, inMs: number): void {
    if (this.#isClosed) return;
    if (entry.holders.size === 0) {
      if (entry.waiting === 0) this.#drop(entry);
      return;
    }
    entry.timer = setTimeout(() => void this.#call(entry).catch(() => {}), inMs);
    entry.timer.unref();
  }

  #valid(entry: Entry): Credentials | null {
    return entry.credentials && leftMs(entry.credentials) > 0 ? entry.credentials : null;
  }

  #letGo(uid: string, key: string): void {
    this.#held.delete(uid);
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.holders.delete(uid);
    if (entry.holders.size === 0 && !entry.call && entry.waiting === 0) this.#drop(entry);
  }

  #drop(entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer);
    this.#entries.delete(identityKey(entry.identity));
  }
}

const isRemembered = ({ failure }: Entry): boolean => failure !== null && failure.untilMs > Date.now();

const leftMs = (credentials: Credentials): number => credentials.expiresAtMs - Date.now();

const lifeMs = (credentials: Credentials): number => credentials.expiresAtMs - credentials.issuedAtMs;

/** Sessions under an hour cannot have 25 minutes left for long; theirs is the same share of their life. */
const leastLeftMs = (credentials: Credentials): number =>
  Math.min(MIN_LEFT_MS, (lifeMs(credentials) * 5) / 12);

/** At about half the life, a little earlier or later for each, and never under the least. */
function renewInMs(credentials: Credentials): number {
  const half = lifeMs(credentials) * (0.45 + Math.random() * 0.1);
  return Math.max(5_000, Math.min(half, leftMs(credentials) - leastLeftMs(credentials)));
}

function retryInMs({ failures }: Entry, isFinal: boolean): number {
  if (isFinal) return jitter(MAX_RETRY_MS);
  return jitter(Math.min(MAX_RETRY_MS / 2, FAILED_MS * 2 ** Math.min(failures, 10)));
}

/** Between the time given and twice that. */
const jitter = (ms: number): number => ms + Math.random() * ms;

const tooSlow = (): CredentialFailure =>
  new CredentialFailure('unavailable', 'CR006', 'slow', 'STS has not answered yet; ask again');

const defect = (error: unknown): CredentialFailure =>
  new CredentialFailure(
    'unavailable',
    'CR005',
    error instanceof Error ? error.name : 'unknown',
    'the daemon failed to ask STS',
  );

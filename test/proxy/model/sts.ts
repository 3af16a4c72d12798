// STS as the daemon reaches it: slow, throttling, failing, hanging or refusing, by a clock that no setting
// of the node's clock moves. It notes every call, and that no identity has two under way.
import assert from 'node:assert/strict';
import { CredentialFailure, type Credentials, type Identity } from '../../../src/proxy/credentials/types.ts';

export type StsState = 'well' | 'slow' | 'throttling' | 'failing' | 'hanging' | 'late';

export interface Issued {
  identity: Identity;
  /** By STS's clock. */
  expiresAtMs: number;
  lifeMs: number;
}

const LATENCY_MS: Record<StsState, number> = {
  well: 200,
  slow: 700,
  throttling: 20,
  failing: 50,
  hanging: 5_000,
  late: 4_500,
};

export class ModelSts {
  readonly issued = new Map<string, Issued>();
  /** Calls of the daemon of this moment by role, session and external id. */
  readonly underWay = new Set<string>();
  /** Roles that it refuses, and for those that it no longer does, since when. */
  readonly refused = new Map<string, number>();
  calls = 0;
  #state: StsState = 'well';
  #wellSinceMs = 0;
  readonly #nowMs: () => number;
  readonly #onCall: (identity: Identity) => void;

  /** @param nowMs STS's clock */
  constructor(nowMs: () => number, onCall: (identity: Identity) => void) {
    this.#nowMs = nowMs;
    this.#onCall = onCall;
  }

  get state(): StsState {
    return this.#state;
  }

  set state(state: StsState) {
    if (state === 'well' && this.#state !== 'well') this.#wellSinceMs = performance.now();
    this.#state = state;
  }

  /** For how long it has answered well and quickly, by the steady clock. */
  get wellMs(): number {
    return this.#state === 'well' ? performance.now() - this.#wellSinceMs : 0;
  }

  /** The daemon starts anew: what it had under way is nobody's. */
  forget(): void {
    this.underWay.clear();
    this.#wellSinceMs = performance.now();
  }

  async ask(identity: Identity): Promise<Credentials> {
    const key = JSON.stringify(identity);
    assert.ok(!this.underWay.has(key), `two calls at a time for ${key}`);
    this.underWay.add(key);
    const { underWay } = this;
    try {
      return await this.#answer(identity);
    } finally {
      underWay.delete(key);
    }
  }

  async #answer(identity: Identity): Promise<Credentials> {
    this.calls++;
    this.#onCall(identity);
    const state = this.#state;
    const issuedAtMs = Date.now();
    const issuedAtSteadyMs = performance.now();
    await new Promise((done) => setTimeout(done, LATENCY_MS[state]));
    if (state === 'throttling') throw failure('throttled', 'Throttling');
    if (state === 'failing') throw failure('unavailable', 'InternalFailure');
    if (state === 'hanging') throw failure('unavailable', 'ETIMEDOUT');
    if (this.refused.get(identity.roleArn) === Number.POSITIVE_INFINITY)
      throw failure('refused', 'AccessDenied');
    const lifeMs = identity.durationSeconds * 1000;
    const expiresAtMs = Math.floor(this.#nowMs() / 1000) * 1000 + lifeMs;
    const accessKeyId = `ASIA${this.issued.size}`;
    this.issued.set(accessKeyId, { identity, expiresAtMs, lifeMs });
    return {
      accessKeyId,
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiresAtMs,
      issuedAtMs,
      lifeMs,
      endsAtMs: Date.now() + lifeMs,
      endsAtSteadyMs: issuedAtSteadyMs + lifeMs,
      assumedRoleId: 'AROA:x',
    };
  }
}

const failure = (kind: 'refused' | 'unavailable' | 'throttled', code: string): CredentialFailure =>
  new CredentialFailure(kind, 'CR005', code, code);

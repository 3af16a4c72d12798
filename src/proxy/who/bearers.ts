// Whose a service account token is, asked of the API server once and remembered for a minute. Tokens are
// remembered by their hash alone.
import { createHash } from 'node:crypto';
import { steadyMs } from '../clock.ts';
import { messageOf } from '../log.ts';
import { within } from '../within.ts';
import { Allowance } from './allowance.ts';
import type { KubeApi } from './api.ts';
import type { TokenClaims } from './token-claims.ts';
import { refused, reviewToken, type Verdict } from './token-review.ts';

export interface BearersOptions {
  api: KubeApi;
  audience: string;
  onReview(outcome: 'accepted' | 'refused' | 'failed' | 'dropped', why: string | null): void;
}

/** After this the API server is asked again: whether the token still counts may have changed. */
const ACCEPTED_MS = 60_000;
const REFUSED_MS = 10_000;
/** While the API server cannot tell, it is asked again this often. */
const RETRY_MS = 2_000;
/** SDKs wait 1 s at least, most of them 2 s or more, and ask again; the review goes on meanwhile. */
const PATIENCE_MS = 3_000;
/** For a token that was accepted before. */
const RENEWAL_PATIENCE_MS = 300;
const MAX_ACCEPTED = 2_000;
const MAX_REFUSED = 1_000;
/** Of one address, only refused tokens count; of all together, each question does. */
const REFUSED_PACE = { perSecond: 1, burst: 20 };
const PACE = { perSecond: 50, burst: 500 };

interface Known {
  verdict: Verdict;
  askAgainAtMs: number;
  expiresAtMs: number;
}

export class Bearers {
  readonly #options: BearersOptions;
  // Apart, so that no flood of bad tokens drives out a good one.
  readonly #accepted = new Map<string, Known>();
  readonly #refused = new Map<string, Known>();
  readonly #reviews = new Map<string, Promise<Verdict>>();
  readonly #refusedPace = new Allowance(REFUSED_PACE);
  readonly #pace = new Allowance(PACE);

  constructor(options: BearersOptions) {
    this.#options = options;
  }

  /**
   * Never throws. While the API server cannot tell, a token that it has accepted counts until it expires.
   * @param claims the token's own, not yet expired
   * @param address whose questions are counted together
   */
  async of(token: string, claims: TokenClaims, address: string): Promise<Verdict> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#accepted.get(key) ?? this.#refused.get(key);
    if (known && known.askAgainAtMs > steadyMs()) return known.verdict;
    const accepted = this.#accepted.get(key) ?? null;
    const review = this.#reviews.get(key) ?? this.#review(key, token, claims, address);
    if (!review) return accepted?.verdict ?? refused('too-many', 'too many tokens; ask again later');
    try {
      return await within(review, accepted ? RENEWAL_PATIENCE_MS : PATIENCE_MS, late);
    } catch {
      return (
        accepted?.verdict ??
        refused('unavailable', 'the API server cannot tell whose token this is; ask again')
      );
    }
  }

  /** The one question of this moment about this token; null when too many are asked. */
  #review(key: string, token: string, claims: TokenClaims, address: string): Promise<Verdict> | null {
    const { api, audience, onReview } = this.#options;
    if (!this.#refusedPace.take(address)) {
      onReview('dropped', null);
      return null;
    }
    if (!this.#pace.take('all')) {
      this.#refusedPace.giveBack(address);
      onReview('dropped', null);
      return null;
    }
    const review = reviewToken(api, token, audience)
      .then(
        (verdict) => {
          if (verdict.bearer) this.#refusedPace.giveBack(address);
          this.#remember(key, verdict, claims.expiresAtMs);
          onReview(verdict.bearer ? 'accepted' : 'refused', verdict.fault?.why ?? null);
          return verdict;
        },
        (error: unknown) => {
          this.#refusedPace.giveBack(address);
          const accepted = this.#accepted.get(key);
          if (accepted) accepted.askAgainAtMs = steadyMs() + RETRY_MS;
          onReview('failed', messageOf(error));
          throw error;
        },
      )
      .finally(() => this.#reviews.delete(key));
    review.catch(() => {});
    this.#reviews.set(key, review);
    return review;
  }

  #remember(key: string, verdict: Verdict, expiresAtMs: number): void {
    this.#accepted.delete(key);
    this.#refused.delete(key);
    const [memory, most, forMs] = verdict.bearer
      ? ([this.#accepted, MAX_ACCEPTED, ACCEPTED_MS] as const)
      : ([this.#refused, MAX_REFUSED, REFUSED_MS] as const);
    if (memory.size >= most) makeRoom(memory);
    memory.set(key, { verdict, askAgainAtMs: steadyMs() + forMs, expiresAtMs });
  }
}

/** Expired ones first, else the one that was asked about longest ago. */
function makeRoom(memory: Map<string, Known>): void {
  const before = memory.size;
  for (const [key, { expiresAtMs }] of memory) if (expiresAtMs <= Date.now()) memory.delete(key);
  if (memory.size === before) memory.delete(memory.keys().next().value!);
}

const late = (): Error => new Error('no answer yet');

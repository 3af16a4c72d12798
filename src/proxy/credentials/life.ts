// How long credentials have left, and when to renew them.
import { steadyMs } from '../clock.ts';
import type { Credentials, Identity } from './types.ts';

/** SDKs stretch what has less than this left, and go on with expired keys. */
export const MIN_LEFT_MS = 25 * 60_000;

/**
 * The clock that says less counts: no setting of the node's clock moves the steady one, and the steady one
 * stands still while the machine is suspended.
 */
export const leftMs = ({ endsAtMs, endsAtSteadyMs }: Credentials): number =>
  Math.min(endsAtMs - Date.now(), endsAtSteadyMs - steadyMs());

/** Between two calls for one identity, so that short sessions do not use STS up. */
const LEAST_SPARE_MS = 5 * 60_000;

/**
 * Sessions under half an hour cannot have 25 minutes left for long; theirs is the share of what was asked for
 * that an hour's have.
 */
export function leastLeftMs({ durationSeconds }: Identity): number {
  const askedMs = durationSeconds * 1000;
  return askedMs - MIN_LEFT_MS >= LEAST_SPARE_MS ? MIN_LEFT_MS : (askedMs * 5) / 12;
}

/** That STS gave so little that the least is near or past: how often in a row, and how long that is borne. */
export interface Scant {
  times: number;
  untilMs: number;
}

export const AMPLE: Scant = { times: 0, untilMs: 0 };

/** Credentials that come with no more than this above the least are scant. */
const SCANT_MS = 60_000;
/** Longer than a renewal takes while STS answers: nobody waits for one. */
const RENEWAL_MS = 10_000;

/** Whether credentials can be served as they are. */
export function hasEnough(identity: Identity, credentials: Credentials, scant: Scant): boolean {
  const left = leftMs(credentials);
  return left >= leastLeftMs(identity) || (left > 0 && steadyMs() < scant.untilMs);
}

/**
 * When to renew what has just come: at about half the life, a little earlier or later for each, and never
 * under the least. Where that is scant, soon at first, then ever more seldom: STS may have no more to give.
 */
export function nextCall(
  identity: Identity,
  credentials: Credentials,
  before: Scant,
): { inMs: number; scant: Scant } {
  const spareMs = leftMs(credentials) - leastLeftMs(identity);
  // What came together is not renewed together.
  const jitter = 0.9 + Math.random() * 0.2;
  if (spareMs >= SCANT_MS) {
    const half = (credentials.lifeMs / 2) * jitter;
    return { inMs: Math.min(half, spareMs - RENEWAL_MS), scant: AMPLE };
  }
  const pauseMs = Math.max(spareMs, 1_000 * 2 ** Math.min(before.times, 12));
  const inMs = Math.min(credentials.lifeMs / 2, pauseMs) * jitter;
  return { inMs, scant: { times: before.times + 1, untilMs: steadyMs() + inMs + RENEWAL_MS } };
}

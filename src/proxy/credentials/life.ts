// How long credentials have left, and when to renew them.
import { steadyMs } from '../clock.ts';
import type { Credentials } from './types.ts';

/** SDKs stretch what has less than this left, and go on with expired keys. */
export const MIN_LEFT_MS = 25 * 60_000;

/**
 * The clock that says less counts: no setting of the node's clock moves the steady one, and the steady one
 * stands still while the machine is suspended.
 */
export const leftMs = ({ endsAtMs, endsAtSteadyMs }: Credentials): number =>
  Math.min(endsAtMs - Date.now(), endsAtSteadyMs - steadyMs());

/** Sessions under an hour cannot have 25 minutes left for long; theirs is the same share of their life. */
export const leastLeftMs = ({ lifeMs }: Credentials): number => Math.min(MIN_LEFT_MS, (lifeMs * 5) / 12);

/** At about half the life, a little earlier or later for each, and never under the least. */
export function renewInMs(credentials: Credentials): number {
  const half = credentials.lifeMs * (0.45 + Math.random() * 0.1);
  return Math.max(5_000, Math.min(half, leftMs(credentials) - leastLeftMs(credentials)));
}

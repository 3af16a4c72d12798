// Keeps one pod from filling the kernel's queue of connections, out of which the daemon takes one after
// the other: whoever opens them faster than any honest pod is refused before they get there.
import { messageOf } from '../log.ts';

/**
 * What one address may open of new connections at once, and per second afterwards: 250 clients that start
 * together in one pod, each with a dozen connections, keep to it.
 */
export const NEW_CONNECTIONS = { burst: 3_000, perSecond: 500 };

/**
 * Sets the rule with the limit; where the packet filter does not know how, without, for pods can do
 * without the limit but not without the rule.
 * @returns why there is no limit; null when there is
 */
export async function setLimited(set: (isLimited: boolean) => Promise<void>): Promise<string | null> {
  try {
    await set(true);
    return null;
  } catch (error) {
    await set(false);
    return `new connections are not limited: ${messageOf(error)}`;
  }
}

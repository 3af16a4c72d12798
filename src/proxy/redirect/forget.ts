// Lets the kernel forget which connections to the metadata addresses it did not lead. It goes by what it
// decided for the first packet, so that one from the same port of a pod would go on being refused.
import type { Endpoint } from './rule.ts';
import type { Tools } from './tools.ts';

/**
 * To be called when the rule has just been set. Those that were led stay; the node's own, which lead
 * nowhere else, are known again by their next packet. Where there is no conntrack, as on nodes without
 * kube-proxy, the kernel forgets them two minutes after the last attempt.
 */
export async function forgetUnled(tools: Tools, endpoints: readonly Endpoint[]): Promise<void> {
  for (const { address, family } of endpoints) {
    // What was led elsewhere is answered from there.
    const argv = ['conntrack', '-D', '-f', family, '-p', 'tcp', '-d', address, '-r', address];
    // It ends with 1 when there are none.
    await tools.attempt(argv).catch(() => {});
  }
}

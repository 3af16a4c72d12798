// Lifts the taint that keeps pods off a new node, once pods would be served there. Without it a pod
// that lands first finds the real metadata service and with it the node's role.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
import { type BackOff, backOffMs, pause } from './back-off.ts';
import { type Log, messageOf } from './log.ts';
import type { KubeApi } from './who/api.ts';

export interface TaintLifting {
  api: Pick<KubeApi, 'get' | 'patch'>;
  node: string;
  /** The taint's key; its value and effect do not matter. */
  key: string;
  isReady: () => Promise<boolean>;
  log: Log;
  signal: AbortSignal;
}

interface Taint {
  key: string;
}

const READY_POLL_MS = 200;
const FAILED: BackOff = { firstMs: 500, mostMs: 15_000 };

/**
 * Resolves once the node is seen to be without the taint, or at the signal. A kubelet taints its node
 * only when it registers it, so one look after each start of the daemon is enough.
 */
export async function liftStartupTaint({
  api,
  node,
  key,
  isReady,
  log,
  signal,
}: TaintLifting): Promise<void> {
  let told = '';
  for (let failures = 0; !signal.aborted; ) {
    if (!(await isReady())) {
      await pause(READY_POLL_MS, signal);
      continue;
    }
    try {
      const lifted = await lift(api, node, key);
      log.info({ node, taint: key }, lifted ? 'start-up taint lifted' : 'no start-up taint');
      return;
    } catch (error) {
      const why = messageOf(error);
      if (why !== told) log.warn({ node, taint: key, why }, 'cannot lift the start-up taint');
      told = why;
      await pause(backOffMs(FAILED, failures++), signal);
    }
  }
}

/** Whether there was one. Fails when somebody changes the taints in the same moment. */
async function lift(api: TaintLifting['api'], node: string, key: string): Promise<boolean> {
  const path = `/api/v1/nodes/${encodeURIComponent(node)}`;
  const { spec } = (await api.get(path, {})) as { spec?: { taints?: Taint[] } };
  const steps = (spec?.taints ?? [])
    .map((taint, index) => ({ taint, path: `/spec/taints/${index}` }))
    .filter(({ taint }) => taint.key === key)
    // From the end, so that the places of the others stay right.
    .reverse()
    .flatMap(({ taint, path }) => [
      { op: 'test', path, value: taint },
      { op: 'remove', path },
    ]);
  if (steps.length === 0) return false;
  await api.patch(path, steps);
  return true;
}

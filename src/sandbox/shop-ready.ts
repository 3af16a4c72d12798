// Waits until the shop's Deployments run.
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentProblem } from '../model/problem.ts';
import type { EmulatedCluster } from './api/index.ts';
import { SHOP } from './shop.ts';

const PATIENCE_MS = 30_000;

/** @throws Problem when they never come up; the signal's reason when it is aborted */
export async function waitForShop(
  { store }: Pick<EmulatedCluster, 'store'>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    const waiting = store
      .list('deployments.apps', SHOP)
      .filter(
        (object) =>
          !((object['status'] as { availableReplicas?: number } | undefined)?.availableReplicas === 1),
      )
      .map(({ metadata }) => metadata.name);
    if (waiting.length === 0) return;
    if (Date.now() > deadline) {
      throw environmentProblem({
        code: 'SANDBOX_SLOW',
        what: `the sandbox's workloads did not start within ${PATIENCE_MS / 1000} s: ${waiting.join(', ')}`,
        next: 'run it again when this machine is less busy',
      });
    }
    await sleep(50);
  }
}

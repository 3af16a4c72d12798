// Repeats a container's probes for as long as it runs, and tells what they settle.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodPlace } from './fields.ts';
import { checkHealth, type HealthContext } from './health.ts';
import type { Container, Probe } from './pod.ts';

/** The sandbox is in a hurry: a real kubelet probes by the period alone. */
const UNREADY_PERIOD_MS = 200;

export interface ProbingOptions {
  place: PodPlace;
  /** Aborted when the container ends. */
  ended: AbortSignal;
  run: HealthContext['run'];
  /** A probe has failed, in the kubelet's words. */
  unhealthy(message: string): void;
  setStarted(isUp: boolean): void;
  setReady(isUp: boolean): void;
  /** The container is to be ended for what this probe settled. */
  kill(probe: 'startup' | 'liveness'): void;
}

/** Resolves when the container has ended, or has no probes to repeat. */
export async function runProbes(container: Container, options: ProbingOptions): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const { ended, setStarted, setReady, kill } = options;
  const repeat = (name: string, probe: Probe, settle: (isUp: boolean) => boolean): Promise<void> =>
    repeatProbe(name, probe, container, options, settle);
  if (startupProbe) {
    await repeat('Startup', startupProbe, (isUp) => {
      setStarted(isUp);
      if (!isUp) kill('startup');
      return true;
    });
  }
  if (ended.aborted) return;
  await Promise.all([
    readinessProbe &&
      repeat('Readiness', readinessProbe, (isUp) => {
        setReady(isUp);
        return false;
      }),
    livenessProbe &&
      repeat('Liveness', livenessProbe, (isUp) => {
        if (!isUp) kill('liveness');
        return !isUp;
      }),
  ]);
}

/** Tells each settled outcome, until `settle` answers true. */
async function repeatProbe(
  name: string,
  probe: Probe,
  container: Container,
  { place, ended, run, unhealthy }: ProbingOptions,
  settle: (isUp: boolean) => boolean,
): Promise<void> {
  const { failureThreshold = 3, successThreshold = 1, periodSeconds = 10, initialDelaySeconds = 0 } = probe;
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: ended }).catch(() => {});
  await pause(initialDelaySeconds * 1000);
  let isUp = false;
  let wasOk: boolean | null = null;
  let inRow = 0;
  while (!ended.aborted) {
    const health = await checkHealth(probe, { container, ...place, run });
    if (ended.aborted) return;
    inRow = health.ok === wasOk ? inRow + 1 : 1;
    wasOk = health.ok;
    if (!health.ok) unhealthy(`${name} probe failed: ${health.why}`);
    if (inRow === (health.ok ? successThreshold : failureThreshold)) {
      isUp = health.ok;
      if (settle(isUp)) return;
    }
    // Hurry only where a failure does no harm: the other two end the container.
    const isHurried = name === 'Readiness' && !isUp;
    await pause(isHurried ? Math.min(UNREADY_PERIOD_MS, periodSeconds * 1000) : periodSeconds * 1000);
  }
}

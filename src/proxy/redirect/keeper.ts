// Sets the redirect rule, looks after it, and reports to the daemon whether it is in place.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, messageOf } from '../log.ts';
import { REDIRECT_REPORT } from '../redirect-report.ts';
import type { Backend } from './rule.ts';

export interface KeeperOptions {
  backend: Backend;
  /** Null when the rule has just been set; else why it could not be. */
  fault: string | null;
  stateDir: string;
  log: Log;
  /** Ends the keeping; the rule stays, so that pods without a daemon reach nothing. */
  signal: AbortSignal;
  everyMs?: number;
}

const defaultEveryMs = 5000;

// Two keepers of different settings on one node would undo each other's work for ever; so the second
// setting in a row waits, and each further one twice as long, up to the interval.
const firstPauseMs = 25;

/** Resolves after the signal. What goes wrong is reported and tried again; it never throws. */
export async function keep(options: KeeperOptions): Promise<void> {
  const { backend, stateDir, log, signal, everyMs = defaultEveryMs } = options;
  let wake = (): void => {};
  backend.watch(() => wake(), signal);
  let { fault } = options;
  let pauseMs = 0;
  let setAtMs = Number.NEGATIVE_INFINITY;
  tell(log, backend, fault);

  while (!signal.aborted) {
    // Before looking, so that a loss while looking is not missed.
    const woken = new Promise<void>((done) => {
      wake = done;
    });
    const before = fault;
    const outcome = await settle(backend, fault, log);
    fault = outcome.fault;
    if (fault !== before) tell(log, backend, fault);
    await report(stateDir, backend.name, fault).catch((error: unknown) =>
      log.error({ why: messageOf(error) }, 'cannot report on the redirect'),
    );
    if (outcome.wasSet) {
      const isAgain = performance.now() - setAtMs < pauseMs + everyMs;
      pauseMs = isAgain ? Math.min(Math.max(pauseMs * 2, firstPauseMs), everyMs) : 0;
      setAtMs = performance.now();
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
    await Promise.race([woken, delay(everyMs, undefined, { signal }).catch(() => {})]);
  }
}

function tell(log: Log, { name }: Backend, fault: string | null): void {
  if (fault === null) log.info({ backend: name }, 'redirect in place');
  else log.error({ backend: name, why: fault }, 'redirect not in place');
}

async function settle(
  backend: Backend,
  before: string | null,
  log: Log,
): Promise<{ fault: string | null /** Whether it was tried to set the rule. */; wasSet: boolean }> {
  let wasSet = false;
  try {
    const fault = before ?? (await backend.check());
    if (fault === null) return { fault, wasSet };
    wasSet = true;
    await backend.assert();
    log.warn({ backend: backend.name, why: fault }, 'redirect set again');
    return { fault: null, wasSet };
  } catch (error) {
    return { fault: messageOf(error), wasSet };
  }
}

/** Whole or not at all: the daemon reads it at any moment. */
export async function report(stateDir: string, backend: string | null, fault: string | null): Promise<void> {
  const path = join(stateDir, REDIRECT_REPORT);
  const text = JSON.stringify({ inPlace: fault === null, backend, checkedAtMs: Date.now(), message: fault });
  await writeFile(`${path}.new`, `${text}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

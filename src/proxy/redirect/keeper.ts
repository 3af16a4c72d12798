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

/** Resolves after the signal. What goes wrong is reported and tried again; it never throws. */
export async function keep(options: KeeperOptions): Promise<void> {
  const { backend, stateDir, log, signal, everyMs = defaultEveryMs } = options;
  let wake = (): void => {};
  backend.watch(() => wake(), signal);
  let { fault } = options;
  tell(log, backend, fault);

  while (!signal.aborted) {
    // Before looking, so that a loss while looking is not missed.
    const woken = new Promise<void>((done) => {
      wake = done;
    });
    const before = fault;
    fault = await settle(backend, fault, log);
    if (fault !== before) tell(log, backend, fault);
    await report(stateDir, backend.name, fault).catch((error: unknown) =>
      log.error({ why: messageOf(error) }, 'cannot report on the redirect'),
    );
    await Promise.race([woken, delay(everyMs, undefined, { signal }).catch(() => {})]);
  }
}

function tell(log: Log, { name }: Backend, fault: string | null): void {
  if (fault === null) log.info({ backend: name }, 'redirect in place');
  else log.error({ backend: name, why: fault }, 'redirect not in place');
}

/** Null when the rule is in place in the end. */
async function settle(backend: Backend, before: string | null, log: Log): Promise<string | null> {
  try {
    const fault = before ?? (await backend.check());
    if (fault === null) return null;
    await backend.assert();
    log.warn({ backend: backend.name, why: fault }, 'redirect set again');
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Whole or not at all: the daemon reads it at any moment. */
export async function report(stateDir: string, backend: string | null, fault: string | null): Promise<void> {
  const path = join(stateDir, REDIRECT_REPORT);
  const text = JSON.stringify({ inPlace: fault === null, backend, checkedAtMs: Date.now(), message: fault });
  await writeFile(`${path}.new`, `${text}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

// Sets the redirect rule and the guard of addresses on bridges, looks after both, and reports to the
// daemon whether they are in place.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOOK_TOLD_MS, LOOKED_AROUND, type RedirectWarning } from '../../model/redirect-warning.ts';
import { type Log, messageOf } from '../log.ts';
import { REDIRECT_REPORT } from '../redirect-report.ts';
import type { Backend, Kept } from './rule.ts';

export interface KeeperOptions {
  backend: Backend;
  /** Null when the rule has just been set; else why it could not be. */
  fault: string | null;
  /** Null where it is not wanted. */
  guard: { kept: Kept; isRequired: boolean } | null;
  /** What is to be done after each setting. */
  onSet: () => Promise<void>;
  /** What to say besides; looked for after each setting and once a minute. Throws when it cannot be told. */
  warnings: () => Promise<RedirectWarning[]>;
  stateDir: string;
  /** To which the rule leads, for the report. */
  port?: number;
  log: Log;
  /** Ends the keeping; what was set stays, so that pods without a daemon reach nothing. */
  signal: AbortSignal;
  everyMs?: number;
}

const defaultEveryMs = 5000;
const warnEveryMs = 60_000;

// Two keepers of different settings on one node would undo each other's work for ever; so the second
// setting in a row waits, and each further one twice as long, up to the interval.
const firstPauseMs = 25;

/** Resolves after the signal. What goes wrong is reported and tried again; it never throws. */
export async function keep(options: KeeperOptions): Promise<void> {
  const { backend, guard, stateDir, log, signal, everyMs = defaultEveryMs } = options;
  const ruleLog = log.child({ backend: backend.name });
  const rule = new Keeping({ name: 'redirect', kept: backend, isRequired: true, log: ruleLog });
  const guarding = guard && new Keeping({ name: 'bridge guard', ...guard, log });
  let wake = (): void => {};
  for (const { kept } of [rule, guarding].filter((one) => one !== null)) kept.watch(() => wake(), signal);
  let pauseMs = 0;
  let setAtMs = Number.NEGATIVE_INFINITY;
  let warnings: string[] = [];
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  const tell = lookTeller(log);
  // Beside the keeping, which it must not hold up: iptables may wait for its lock.
  const lookAround = async (): Promise<void> => {
    const look = await options.warnings().then(
      (warnings): Look => ({ warnings }),
      (error: unknown): Look => ({ warnings: null, why: messageOf(error) }),
    );
    const found = look.warnings === null ? [look.why] : look.warnings.map(({ why }) => why);
    for (const why of found) if (!warnings.includes(why)) ruleLog.warn({ why }, 'redirect warning');
    tell(look);
    const isNew = found.join() !== warnings.join();
    warnings = found;
    if (isNew) wake();
  };
  rule.start(options.fault);
  if (options.fault === null) void options.onSet();
  guarding?.start(await faultOf(guard!.kept.assert()));

  while (!signal.aborted) {
    // Before looking, so that a loss while looking is not missed.
    const woken = new Promise<void>((done) => {
      wake = done;
    });
    const wasSet = await rule.settle();
    if (wasSet) void options.onSet();
    const wasGuardSet = await guarding?.settle();
    if (wasSet || performance.now() - warnedAtMs >= warnEveryMs) {
      warnedAtMs = performance.now();
      void lookAround();
    }
    await report(stateDir, {
      backend: backend.name,
      ...(options.port !== undefined && { port: options.port }),
      fault: rule.fault ?? (guard?.isRequired ? guarding!.fault : null),
      guard: guarding && { inPlace: guarding.fault === null, message: guarding.fault },
      warnings,
    }).catch((error: unknown) => log.error({ why: messageOf(error) }, 'cannot report on the redirect'));
    if (wasSet || wasGuardSet) {
      const isAgain = performance.now() - setAtMs < pauseMs + everyMs;
      pauseMs = isAgain ? Math.min(Math.max(pauseMs * 2, firstPauseMs), everyMs) : 0;
      setAtMs = performance.now();
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
    await Promise.race([woken, delay(everyMs, undefined, { signal }).catch(() => {})]);
  }
}

type Look = { warnings: RedirectWarning[] } | { warnings: null; why: string };

/** What was seen, when it is new and once an hour, whatever the level of the log: the doctor reads it there. */
function lookTeller(log: Log): (look: Look) => void {
  const told = log.level === 'silent' ? log : log.child({}, { level: 'info' });
  let last = '';
  let atMs = Number.NEGATIVE_INFINITY;
  return (look) => {
    const text = JSON.stringify(look);
    if (text === last && performance.now() - atMs < LOOK_TOLD_MS) return;
    last = text;
    atMs = performance.now();
    told.info(look, LOOKED_AROUND);
  };
}

/** One thing that is kept, and what was last said of it. */
class Keeping {
  fault: string | null = null;
  readonly kept: Kept;
  readonly #options: { name: string; isRequired: boolean; log: Log };

  constructor(options: { name: string; kept: Kept; isRequired: boolean; log: Log }) {
    this.kept = options.kept;
    this.#options = options;
  }

  /** @param fault why it could not be set; null when it was */
  start(fault: string | null): void {
    this.fault = fault;
    this.#tell();
  }

  /** @returns whether it was tried to set it */
  async settle(): Promise<boolean> {
    const before = this.fault;
    let wasSet = false;
    try {
      this.fault ??= await this.kept.check();
      if (this.fault !== null) {
        wasSet = true;
        await this.kept.assert();
        this.#options.log.warn({ why: this.fault }, `${this.#options.name} set again`);
        this.fault = null;
      }
    } catch (error) {
      this.fault = messageOf(error);
    }
    if (this.fault !== before) this.#tell();
    return wasSet;
  }

  #tell(): void {
    const { name, isRequired, log } = this.#options;
    if (this.fault === null) log.info(`${name} in place`);
    else log[isRequired ? 'error' : 'warn']({ why: this.fault }, `${name} not in place`);
  }
}

const faultOf = (setting: Promise<void>): Promise<string | null> => setting.then(() => null, messageOf);

export interface KeeperReport {
  /** Null when there is none that works. */
  backend: string | null;
  /** To which the rule leads; absent when there is none. */
  port?: number;
  /** Null when all is in place that is required. */
  fault: string | null;
  /** Null when it is not wanted. */
  guard: { inPlace: boolean; message: string | null } | null;
  /** What does not keep the rule from its place. */
  warnings: string[];
}

/** Whole or not at all: the daemon reads it at any moment. */
export async function report(
  stateDir: string,
  { backend, port, fault, guard, warnings }: KeeperReport,
): Promise<void> {
  const path = join(stateDir, REDIRECT_REPORT);
  const text = JSON.stringify({
    inPlace: fault === null,
    backend,
    port,
    checkedAtMs: Date.now(),
    message: fault,
    antiSpoof: guard,
    warnings,
  });
  await writeFile(`${path}.new`, `${text}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

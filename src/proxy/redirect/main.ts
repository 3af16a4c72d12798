// The redirect as a program of its own: keeps the rule until it is told to stop, or removes it. It
// needs root and NET_ADMIN, and talks to nobody; the daemon beside it needs neither.
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, Problem } from '../../model/problem.ts';
import { createLog, type Log, messageOf } from '../log.ts';
import { bridgeGuard } from './bridge/guard.ts';
import { findBackends } from './choose.ts';
import { type RedirectFlags, readRedirectFlags } from './flags.ts';
import { enterHostRoot } from './host-root.ts';
import { report } from './keeper.ts';
import { keepRedirect } from './redirect.ts';
import { removeRedirect } from './remove.ts';
import { nodeTools } from './tools.ts';

/**
 * Keeps the rule until SIGTERM or SIGINT, and leaves it in place; with `--remove` takes it away,
 * proves it, writes the done file, and waits for the signal all the same.
 * @returns the exit code: 0 after the signal, 2 for usage errors, 3 when no packet filter works here
 */
export async function redirectMain(argv: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  let flags: RedirectFlags | null = null;
  try {
    flags = readRedirectFlags(argv);
    await run(flags, createLog(flags.logLevel), stopping.signal);
    return EXIT.ok;
  } catch (error) {
    const problem = error instanceof Problem ? error : null;
    const { code, why, next } = problem ?? {};
    createLog('info').fatal({ code, why, next }, messageOf(error));
    // The daemon beside this says why it is not ready.
    if (flags?.rule)
      await report(flags.stateDir, {
        backend: null,
        fault: messageOf(error),
        guard: null,
        warnings: [],
      }).catch(() => {});
    return problem?.exitCode ?? EXIT.unchecked;
  }
}

async function run(flags: RedirectFlags, log: Log, signal: AbortSignal): Promise<void> {
  const { rule, hostIps, antiSpoof, cniResults, hostRoot, stateDir } = flags;
  const node = process.env['NODE_NAME'] || hostname();
  const entrance = hostRoot === null ? [] : await enterHostRoot(hostRoot, process.env, node);
  const tools = nodeTools({ entrance, env: process.env });
  if (rule !== null) {
    const isRoot = process.getuid?.() === 0;
    await keepRedirect({ rule, hostIps, antiSpoof, cniResults, tools, node, stateDir, isRoot, log, signal });
  } else {
    const backends = findBackends({ tools, rule, node });
    const guard = bridgeGuard({ tools, endpoints: () => [], records: cniResults });
    await removeRedirect({ backends, guard, stateDir, doneFile: flags.doneFile, log });
    await untilAborted(signal);
  }
  log.info('stopped');
}

/** Keeps the process alive, which a listener for a signal alone does not. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  const longestMs = 2 ** 31 - 1;
  while (!signal.aborted) await delay(longestMs, undefined, { signal }).catch(() => {});
}

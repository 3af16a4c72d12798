// Ctrl-C and SIGTERM: the first asks the work to stop and clean up, the second ends at once.
import { interruptedProblem, type Problem } from '../model/problem.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Interrupts {
  /** Aborts at the first interrupt, with a Problem as its reason. Reading it promises to heed it. */
  readonly signal: AbortSignal;
  readonly isAborted: boolean;
  /** Leaves the signals alone again. */
  stop(): void;
}

export interface InterruptOptions {
  /** The process. */
  target: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  say(text: string): void;
  /** Ends the process. */
  quit(problem: Problem): void;
}

/** Work that never reads `signal` has nothing to clean up, and ends at the first interrupt. */
export function watchInterrupts({ target, say, quit }: InterruptOptions): Interrupts {
  const controller = new AbortController();
  let isHeeded = false;
  const onSignal = (name: string): void => {
    if (!isHeeded || controller.signal.aborted) {
      quit(interruption(name));
      return;
    }
    say(`\nStopping and cleaning up after ${name}; once more quits at once.\n`);
    controller.abort(interruption(name));
  };
  for (const name of SIGNALS) target.on(name, onSignal);
  return {
    get signal() {
      isHeeded = true;
      return controller.signal;
    },
    get isAborted() {
      return controller.signal.aborted;
    },
    stop() {
      for (const name of SIGNALS) target.off(name, onSignal);
    },
  };
}

const interruption = (name: string): Problem =>
  interruptedProblem({
    code: 'INTERRUPTED',
    what: `the run was interrupted by ${name}`,
    next: 'run the same command again',
  });

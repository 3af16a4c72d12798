// Asks before a cluster is changed, where there is somebody to ask.
import { createInterface } from 'node:readline/promises';
import { interruptedProblem, usageProblem } from '../model/problem.ts';

export interface ConfirmOptions {
  /** `--yes` was given. */
  yes: boolean;
  signal: AbortSignal;
}

/** @throws Problem of kind usage without `--yes` and without a terminal; of kind interrupted when declined */
export async function confirm(question: string, { yes, signal }: ConfirmOptions): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageProblem({
      code: 'NEEDS_YES',
      what: 'this changes the cluster, and there is no terminal to ask on',
      why: question.replace(/ \(y\/N\)$/, ''),
      next: 'add --yes, or --dry-run to see the changes only',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C is a key press and reaches only the line editor.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await terminal.question(`${question} `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
  }
  throw interruptedProblem({ code: 'DECLINED', what: 'nothing was changed: the answer was no' });
}

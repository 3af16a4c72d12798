// The one door to inquirer. Every question has a flag that answers it, and without a terminal the
// answer must come from there.
import { interruptedProblem, usageProblem } from '../model/problem.ts';
import { visible } from '../model/visible.ts';

export interface ConfirmOptions {
  /** `--yes` was given. */
  yes: boolean;
  /** The answer that Enter gives; no. */
  default?: boolean;
  /** What is said after a no: `nothing was changed`. */
  declined?: string;
  signal?: AbortSignal;
}

/**
 * Asks for leave, and returns when it was given. Throws a usage Problem that names `--yes` when there is no
 * terminal, and an interrupted Problem on no and on Ctrl-C.
 */
export async function confirm(question: string, options: ConfirmOptions): Promise<void> {
  if (options.yes) return;
  needTerminal(question, '--yes');
  const isWanted = await ask(options.signal, async (prompt) => {
    const { answer } = await prompt([
      { type: 'confirm', name: 'answer', message: visible(question), default: options.default ?? false },
    ]);
    return answer as boolean;
  });
  if (!isWanted)
    throw interruptedProblem({
      code: 'DECLINED',
      what: `${options.declined ?? 'nothing was changed'}: the answer was no`,
      next: 'run it again when it may be done, or see with --dry-run what it would do',
    });
}

/** Asks for a line of text; `validate` returns a complaint or null. Throws like `confirm`. */
export async function askText(
  question: string,
  options: { flagName: string; default?: string | undefined; validate?(text: string): string | null },
): Promise<string> {
  needTerminal(question, options.flagName);
  return ask(undefined, async (prompt) => {
    const { answer } = await prompt([
      {
        type: 'input',
        name: 'answer',
        message: visible(question),
        ...(options.default === undefined ? {} : { default: options.default }),
        validate: (text: string) => options.validate?.(text.trim()) ?? true,
      },
    ]);
    return (answer as string).trim();
  });
}

export const hasTerminal = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY);

function needTerminal(question: string, flagName: string): void {
  if (hasTerminal()) return;
  throw usageProblem({
    code: 'NO_TERMINAL',
    what: `there is no terminal to ask "${question}"`,
    next: `give ${flagName}`,
  });
}

type Prompt = ReturnType<typeof import('inquirer').default.createPromptModule>;

async function ask<T>(signal: AbortSignal | undefined, question: (prompt: Prompt) => Promise<T>): Promise<T> {
  const { default: inquirer } = await import('inquirer');
  // Questions are talk: they go to stderr, and stdout stays the result's.
  const streams = { input: process.stdin, output: process.stderr };
  try {
    return await question(inquirer.createPromptModule({ ...streams, ...(signal && { signal }) }));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw interruptedProblem({
        code: 'INTERRUPTED',
        what: 'the question was left unanswered',
        next: 'run it again, or answer by a flag (--help lists them)',
        cause: error,
      });
    throw error;
  }
}

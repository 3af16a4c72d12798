// The one door to inquirer. Every question has a flag that answers it, and without a terminal the
// answer must come from there.
import { interruptedProblem, usageProblem } from '../model/problem.ts';

export interface ConfirmOptions {
  /** The value of the flag that says yes beforehand. */
  yes: boolean;
  /** That flag, such as `--yes`. */
  flagName: string;
  /** The answer that Enter gives. */
  default?: boolean;
}

/**
 * Asks yes or no on the terminal.
 * Throws a usage Problem that names the flag when there is no terminal, and an interrupted Problem on Ctrl-C.
 */
export async function confirm(question: string, options: ConfirmOptions): Promise<boolean> {
  if (options.yes) return true;
  needTerminal(question, options.flagName);
  return ask(async (inquirer, streams) => {
    const { answer } = await inquirer.createPromptModule(streams)([
      { type: 'confirm', name: 'answer', message: question, default: options.default ?? false },
    ]);
    return answer as boolean;
  });
}

/** Asks for a line of text; `validate` returns a complaint or null. Throws like `confirm`. */
export async function askText(
  question: string,
  options: { flagName: string; default?: string | undefined; validate?(text: string): string | null },
): Promise<string> {
  needTerminal(question, options.flagName);
  return ask(async (inquirer, streams) => {
    const { answer } = await inquirer.createPromptModule(streams)([
      {
        type: 'input',
        name: 'answer',
        message: question,
        ...(options.default === undefined ? {} : { default: options.default }),
        validate: (text: string) => options.validate?.(text.trim()) ?? true,
      },
    ]);
    return (answer as string).trim();
  });
}

/** Asks for one of several values. Throws like `confirm`. */
export async function askChoice(
  question: string,
  options: {
    flagName: string;
    choices: readonly { name: string; value: string }[];
    default?: string | undefined;
  },
): Promise<string> {
  needTerminal(question, options.flagName);
  return ask(async (inquirer, streams) => {
    const { answer } = await inquirer.createPromptModule(streams)([
      {
        type: 'select',
        name: 'answer',
        message: question,
        choices: [...options.choices],
        ...(options.default === undefined ? {} : { default: options.default }),
      },
    ]);
    return answer as string;
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

type Inquirer = typeof import('inquirer').default;
/** Questions are talk: they go to stderr, and stdout stays the result's. */
type Streams = { input: NodeJS.ReadStream; output: NodeJS.WriteStream };

async function ask<T>(question: (inquirer: Inquirer, streams: Streams) => Promise<T>): Promise<T> {
  const { default: inquirer } = await import('inquirer');
  try {
    return await question(inquirer, { input: process.stdin, output: process.stderr });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw interruptedProblem({
        code: 'INTERRUPTED',
        what: 'the question was left unanswered',
        cause: error,
      });
    throw error;
  }
}

// Turns whatever was thrown into the lines a user reads and the exit code a script reads.
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { visible } from '../model/visible.ts';
import { redactText } from '../report/redact.ts';

export interface RenderedProblem {
  text: string;
  exitCode: ExitCode;
}

/** Three lines at most: what happened to which object, why, and what to do next. */
export function renderProblem(error: unknown, options: { debug: boolean }): RenderedProblem {
  if (error instanceof Problem) {
    const lines = [`Error: ${plain(error.message)}`];
    if (error.why) lines.push(`  Why:  ${plain(error.why)}`);
    lines.push(`  Next: ${plain(error.next)}`);
    if (options.debug && error.cause instanceof Error && error.cause.stack)
      lines.push(plain(error.cause.stack));
    return { text: `${lines.join('\n')}\n`, exitCode: error.exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  const lines = [
    `Error: pod-iam ran into a defect of its own: ${plain(message)}`,
    '  Next: run it again with DEBUG=* and report what it prints',
  ];
  if (options.debug && error instanceof Error && error.stack) lines.push(plain(error.stack));
  return { text: `${lines.join('\n')}\n`, exitCode: EXIT.defect };
}

/** The words of a server or of a file are shown, not obeyed, and hold no credential. */
const plain = (text: string): string => visible(redactText(text), { lines: true });

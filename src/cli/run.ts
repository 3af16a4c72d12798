// Runs oclif without its own error printing, which knows neither our exit codes nor our three lines.
import { Errors, flush, run } from '@oclif/core';
import { calledAs } from './name.ts';

/** The exit code that a command asked for by ending early, else null; errors of a command come thrown. */
export async function runWords(argv: string[], root: string = import.meta.url): Promise<number | null> {
  try {
    await run(argv, root);
    await flush();
    return null;
  } catch (error) {
    if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
    const { usageOf } = await import('./usage.ts');
    throw usageOf(error, calledAs(process.env, 'pod-iam'), undefined) ?? error;
  }
}

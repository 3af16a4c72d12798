// Writes one result to a file or to stdout.
import { writeFileSync } from 'node:fs';
import { environmentProblem } from '../model/problem.ts';

/** @param path `-` is stdout; throws an environment Problem for a file that cannot be written */
export function writeResult(path: string, text: string): void {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw environmentProblem({
      code: 'CANNOT_WRITE',
      what: `${path} cannot be written`,
      why: (error as Error).message,
      cause: error,
    });
  }
}

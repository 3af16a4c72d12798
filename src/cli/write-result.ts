// Writes one result to a file or to stdout.
import { writeFileSync } from 'node:fs';
import { cannotWrite } from '../model/problem.ts';

/** @param path `-` is stdout; throws an environment Problem for a file that cannot be written */
export function writeResult(path: string, text: string): void {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw cannotWrite(`${path} cannot be written`, error);
  }
}

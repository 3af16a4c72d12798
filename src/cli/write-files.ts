// Writes a set of files into a folder, making folders as needed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environmentProblem } from '../model/problem.ts';

/** @returns the paths written. @throws Problem when one cannot be */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    } catch (cause) {
      throw environmentProblem({
        code: 'CANNOT_WRITE',
        what: `${path} cannot be written`,
        why: (cause as Error).message,
        cause,
      });
    }
    return path;
  });
}

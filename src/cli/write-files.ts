// Writes a set of files into a folder, making folders as needed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cannotWrite } from '../model/problem.ts';

/** @returns the paths written. @throws Problem when one cannot be */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    } catch (cause) {
      throw cannotWrite(`${path} cannot be written`, cause);
    }
    return path;
  });
}

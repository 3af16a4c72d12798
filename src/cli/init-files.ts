// What writing a plan would do to a folder, so that nothing that somebody has edited is lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileFault } from '../model/file-fault.ts';
import { usageProblem } from '../model/problem.ts';

export interface FileChange {
  /** In the folder. */
  name: string;
  action: 'create' | 'unchanged' | 'overwrite';
}

/** Throws a usage Problem when files that differ would be overwritten and `force` is not set. */
export function compareFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
  force: boolean,
): FileChange[] {
  const changes = Object.entries(files).map(([name, text]): FileChange => {
    const present = readIfThere(join(folder, name));
    const action = present === null ? 'create' : present === text ? 'unchanged' : 'overwrite';
    return { name, action };
  });
  const differing = changes.filter(({ action }) => action === 'overwrite').map(({ name }) => name);
  if (differing.length > 0 && !force) {
    throw usageProblem({
      code: 'WOULD_OVERWRITE',
      what: `${folder} holds files that differ from what would be written: ${differing.join(', ')}`,
      why: 'they may hold changes of yours',
      next: 'add --force to overwrite them, or --output another folder',
    });
  }
  return changes;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw usageProblem({
      code: 'CANNOT_READ',
      what: `${path} cannot be read`,
      why: fileFault(error),
      next: 'move it away, or write elsewhere: --output DIR',
      cause: error,
    });
  }
}

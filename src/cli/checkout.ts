// What a file is called in the repository that a job has checked out: code scanning and annotations
// take no other name.
import { isAbsolute, join, relative, sep } from 'node:path';

/**
 * Relative to the checkout, with slashes; absolute for a file outside.
 * @param folder the current one, absolute
 * @param workspace GITHUB_WORKSPACE: the checkout's root. Default: the current folder
 */
export function pathInCheckout(file: string, folder: string, workspace: string | undefined): string {
  const root = workspace && isInside(folder, workspace) ? workspace : folder;
  const path = isAbsolute(file) ? file : join(folder, file);
  return isInside(path, root) ? relative(root, path).split(sep).join('/') : path;
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

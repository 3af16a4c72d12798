// Containers of the sandbox have no file system of their own, so the paths at which they mount
// volumes are rewritten, in commands, arguments and environment values, to the volumes' folders.
import { existsSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface Mount {
  /** As the container would see it, without a slash at its end. */
  path: string;
  folder: string;
}

/** Replaces whole path segments only, the longest mount first, and each place once. */
export function rewriter(mounts: readonly Mount[]): (text: string) => string {
  if (mounts.length === 0) return (text) => text;
  const folders = new Map(mounts.map(({ path, folder }) => [path, folder]));
  const paths = [...folders.keys()].sort((a, b) => b.length - a.length).map(escapePattern);
  // A path starts where no path or word goes on, and the mount ends where the segment ends.
  const pattern = new RegExp(`(?<![\\w.\\-/~})%])(?:${paths.join('|')})(?![\\w.\\-])`, 'g');
  return (text) => text.replace(pattern, (path) => folders.get(path)!);
}

/** The other way round, for what a container prints: its own paths, not this machine's. */
export function restorer(mounts: readonly Mount[]): (text: string) => string {
  const longestFirst = [...mounts].sort((a, b) => b.folder.length - a.folder.length);
  return (text) => longestFirst.reduce((now, { path, folder }) => now.replaceAll(folder, path), text);
}

/** A mount beneath another one must be found beneath its folder too, by programs that join paths. */
export function linkNested(mounts: readonly Mount[]): void {
  for (const inner of mounts) {
    const outer = mounts
      .filter(({ path }) => inner.path.startsWith(`${path}/`))
      .sort((a, b) => b.path.length - a.path.length)[0];
    if (!outer) continue;
    const at = join(outer.folder, relative(outer.path, inner.path));
    if (isThere(at)) continue;
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(inner.folder, at);
  }
}

const escapePattern = (path: string): string => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

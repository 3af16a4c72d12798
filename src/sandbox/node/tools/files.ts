// Stands in for a container's mount namespace: file operations on a mount's path go to the volume's
// folder. What the kubelet could rewrite in commands and variables is already there; this is for the
// paths that a program has written into itself, such as that of its service account's token.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Namespace } from '../namespace.ts';

type Call = (this: unknown, ...args: unknown[]) => unknown;

const ONE_PATH = [
  ...['access', 'appendFile', 'chmod', 'chown', 'exists', 'lchown', 'lstat', 'lutimes', 'mkdir', 'mkdtemp'],
  ...['open', 'opendir', 'readFile', 'readdir', 'readlink', 'realpath', 'rm', 'rmdir', 'stat', 'statfs'],
  ...['truncate', 'unlink', 'unwatchFile', 'utimes', 'watch', 'watchFile', 'writeFile'],
  ...['createReadStream', 'createWriteStream'],
];
const TWO_PATHS = ['copyFile', 'cp', 'link', 'rename'];

export function mapFiles({ mounts, outside }: Namespace): void {
  const longestFirst = [...mounts].sort((a, b) => b.path.length - a.path.length);
  const map = (path: unknown): unknown => {
    if (typeof path !== 'string' || !path.startsWith('/')) return path;
    // A mount of /tmp must take in neither what has been rewritten already nor our own programs.
    if (outside.some((folder) => path.startsWith(`${folder}/`))) return path;
    const mount = longestFirst.find((one) => path === one.path || path.startsWith(`${one.path}/`));
    return mount ? mount.folder + path.slice(mount.path.length) : path;
  };
  for (const holder of [fs, fs.promises] as unknown as Record<string, unknown>[]) {
    for (const [names, count] of [
      [ONE_PATH, 1],
      [TWO_PATHS, 2],
    ] as const) {
      for (const name of names.flatMap((base) => [base, `${base}Sync`])) wrap(holder, name, count, map);
    }
    // The target of a link is text: only the place of the link is a path.
    for (const name of ['symlink', 'symlinkSync']) wrap(holder, name, 2, map, 1);
  }
  syncBuiltinESMExports();
}

function wrap(
  holder: Record<string, unknown>,
  name: string,
  count: number,
  map: (path: unknown) => unknown,
  from = 0,
): void {
  const original = holder[name] as (Call & object) | undefined;
  if (typeof original !== 'function') return;
  const wrapped: Call = function (...args) {
    return original.apply(
      this,
      args.map((argument, index) => (index >= from && index < count ? map(argument) : argument)),
    );
  };
  // Such as realpath.native, and what util.promisify looks for.
  holder[name] = Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
}

// The difference between two JSON documents as a JSON Patch (RFC 6902), of add, remove and replace only.
// Short rather than minimal: arrays keep what is equal at their start and their end.
import { isDeepStrictEqual } from 'node:util';
import type { PatchOperation } from '../model/finding.ts';

/** The operations that make `after` of `before`, in the order in which they must be applied. */
export function jsonDiff(before: unknown, after: unknown, path = ''): PatchOperation[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return diffArrays(before, after, path);
  if (isObject(before) && isObject(after)) return diffObjects(before, after, path);
  return [{ op: 'replace', path, value: after }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function diffObjects(before: Record<string, unknown>, after: Record<string, unknown>, path: string) {
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...removed.map((key): PatchOperation => ({ op: 'remove', path: join(path, key) })),
    ...Object.entries(after).flatMap(([key, value]) =>
      Object.hasOwn(before, key)
        ? jsonDiff(before[key], value, join(path, key))
        : [{ op: 'add', path: join(path, key), value } satisfies PatchOperation],
    ),
  ];
}

function diffArrays(before: unknown[], after: unknown[], path: string): PatchOperation[] {
  let start = 0;
  while (start < before.length && start < after.length && isDeepStrictEqual(before[start], after[start]))
    start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && isDeepStrictEqual(before.at(-1 - end), after.at(-1 - end))) end++;
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  const common = Math.min(old.length, fresh.length);
  return [
    ...fresh.slice(0, common).flatMap((value, i) => jsonDiff(old[i], value, join(path, start + i))),
    // What follows moves up, so that each removal is of the same index.
    ...old.slice(common).map((): PatchOperation => ({ op: 'remove', path: join(path, start + common) })),
    ...fresh
      .slice(common)
      .map((value, i): PatchOperation => ({ op: 'add', path: join(path, start + common + i), value })),
  ];
}

const join = (path: string, key: string | number): string =>
  `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

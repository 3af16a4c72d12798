// The families of checks in order of dependency: what comes first must hold for the rest to mean anything.
import type { Result } from '../model/finding.ts';

export interface Family {
  /** The first two letters of its codes. */
  prefix: string;
  title: string;
}

export const FAMILIES: readonly Family[] = [
  { prefix: 'IN', title: 'installation of the proxy' },
  { prefix: 'NW', title: 'interception of 169.254.169.254' },
  { prefix: 'AN', title: 'annotations and their meaning' },
  { prefix: 'TP', title: 'trust policies' },
  { prefix: 'GR', title: 'the node role' },
  { prefix: 'ID', title: 'the identity that an SDK really uses' },
  { prefix: 'LK', title: 'leaks and bypasses' },
  { prefix: 'CR', title: 'quality of the credentials served' },
];

/** Results by family, families without results left out; codes of no known family come last, as their own. */
export function byFamily(results: readonly Result[]): { family: Family; results: Result[] }[] {
  const groups = new Map<string, Result[]>(FAMILIES.map(({ prefix }) => [prefix, []]));
  for (const result of results) {
    const prefix = result.code.slice(0, 2);
    groups.set(prefix, [...(groups.get(prefix) ?? []), result]);
  }
  return [...groups]
    .filter(([, found]) => found.length > 0)
    .map(([prefix, found]) => ({
      family: FAMILIES.find((family) => family.prefix === prefix) ?? { prefix, title: 'other checks' },
      results: found.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)),
    }));
}

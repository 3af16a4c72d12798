// Reads the sets of the guard from a listing, and brings them up to date without setting the rules anew.
import { BRIDGE_TABLE } from '../../../model/on-node.ts';
import { FAMILIES } from '../rule.ts';
import type { Bindings } from './bindings.ts';

/** What a listing holds in each set, as nft prints it. */
export type Sets = ReadonlyMap<string, readonly string[]>;

export function readSets(listing: string): Sets {
  const sets = new Map<string, string[]>();
  for (const [, name, body] of listing.matchAll(/^\tset (\S+) \{\n(.*?)^\t\}/gms)) {
    const held = /elements = \{(.*?)\}/s.exec(body!)?.[1] ?? '';
    sets.set(
      name!,
      held
        .split(',')
        .map((element) => element.trim().replaceAll(/\s+/g, ' '))
        .filter((element) => element !== ''),
    );
  }
  return sets;
}

/**
 * The script that makes the recorded sets hold what they should, and forgets ports that are gone.
 * @returns null when nothing is to be done
 */
export function elementChanges(sets: Sets, bindings: Bindings): string | null {
  const lines: string[] = [];
  const change = (verb: string, name: string, given: readonly string[]): void => {
    if (given.length > 0) lines.push(`${verb} element ${BRIDGE_TABLE} ${name} { ${given.join(', ')} }`);
  };
  for (const [name, wanted] of recordedSets(bindings)) {
    const held = sets.get(name) ?? [];
    change(
      'add',
      name,
      [...wanted].filter(([printed]) => !held.includes(printed)).map(([, given]) => given),
    );
    change(
      'delete',
      name,
      held.filter((printed) => !wanted.has(printed)),
    );
  }
  for (const suffix of ['4', '6']) {
    const [first = [], claimed = [], taken = []] = ['first', 'claimed', 'taken'].map((name) =>
      sets.get(name + suffix),
    );
    change('delete', `first${suffix}`, first.filter(isOfLostPort));
    change('delete', `claimed${suffix}`, claimed.filter(isOfLostPort));
    const kept = first.filter((pair) => !isOfLostPort(pair)).map((pair) => pair.split(' . ')[1]!);
    change(
      'delete',
      `taken${suffix}`,
      taken.filter((address) => !kept.includes(address)),
    );
  }
  return lines.length === 0 ? null : `${lines.join('\n')}\n`;
}

const recordedSets = ({ ports, pairs, owned }: Bindings): [string, ReadonlyMap<string, string>][] => [
  ['ports', ports],
  ...FAMILIES.flatMap((family): [string, ReadonlyMap<string, string>][] => {
    const suffix = family === 'ipv4' ? '4' : '6';
    return [
      [`pairs${suffix}`, pairs[family]],
      [`owned${suffix}`, owned[family]],
    ];
  }),
];

/** An interface that is no more is printed by its number, for want of a name. */
const isOfLostPort = (element: string): boolean => /^\d+\b/.test(element);

// How the Pod Security plugin lists what it found.
import type { Container, PodSpec } from '../defaults/pod.ts';

/** In the plugin's order: those that run first come first. */
export const containersOf = (spec: PodSpec): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** `container "a"`, `containers "a", "b"`. */
export const names = (noun: string, holders: { name: string }[]): string =>
  `${plural(noun, holders.length)} ${quoted(holders.map(({ name }) => name))}`;

export const plural = (noun: string, count: number): string => (count === 1 ? noun : `${noun}s`);

export const quoted = (words: string[]): string => words.map((word) => JSON.stringify(word)).join(', ');

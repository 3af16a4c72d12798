// Names that the server makes up, and what it calls an object that has none yet.
import { randomInt } from 'node:crypto';
import type { ApiObject } from '../object.ts';

// The letters that the API draws from: no vowels, so that no words come out.
const letters = 'bcdfghjklmnpqrstvwxz2456789';

export const suffix = (length = 5): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

/** The name, or the prefix that it will have. */
export const shownName = ({ metadata }: ApiObject): string => metadata.name || metadata.generateName || '';

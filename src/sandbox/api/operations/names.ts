// The random part of names that the server makes up.
import { randomInt } from 'node:crypto';

// The letters that the API draws from: no vowels, so that no words come out.
const letters = 'bcdfghjklmnpqrstvwxz2456789';

export const suffix = (length = 5): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

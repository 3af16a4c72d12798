// What the tests of installing and uninstalling have in common.
import type { Bundle } from '../../src/manifests/bundle.ts';

export const bundle = (text: string): Bundle => ({
  gzip: Buffer.from(text),
  loader: '// loader',
  hash: Buffer.from(text).toString('hex').slice(0, 10),
});
export const first = bundle('first');

/** A signal that is never given. */
export const free = new AbortController().signal;

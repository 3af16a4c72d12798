// The key of the session tokens, in a file that outlives the daemon. Whoever keeps the redirect makes
// it; where nobody does, the daemon makes it itself, if it may, before it gives out a token.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { steadyMs } from '../clock.ts';
import { type Log, messageOf } from '../log.ts';
import { KEY_BYTES, makeKeyFile, ownFolder } from './key-file.ts';
import type { SessionTokens } from './session-tokens.ts';

export const KEY_FILE = 'token.key';
/** The process that keeps the redirect starts together with this one. */
const PATIENCE_MS = 2_000;
const SOON_MS = 50;
const LATER_MS = 5_000;

/**
 * Hands the key over as soon as it is there. Resolves after the first look, before which nothing may be
 * answered: most SDKs take one refused token for the end of their search. Where there is no key yet and
 * none can be made, tokens are given out with one of the moment, and the search goes on behind.
 */
export async function loadTokenKey(
  stateDir: string,
  tokens: SessionTokens,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const path = join(stateDir, KEY_FILE);
  let key = await readKey(path);
  let why: string | null = null;
  if (!key) {
    why = await makeKeyFile(path).then(() => null, messageOf);
    key = await readKey(path);
  }
  // Without a folder nobody keeps a redirect there, and a user who may not make one has one of their own.
  if (!key) {
    const own = await ownFolder(stateDir).catch(() => null);
    if (own !== null) {
      await makeKeyFile(join(own, KEY_FILE)).catch(() => {});
      key = await readKey(join(own, KEY_FILE));
    }
  }
  if (key) tokens.useKey(key);
  else void awaitKey(path, tokens, { log, signal, why });
}

async function awaitKey(
  path: string,
  tokens: SessionTokens,
  { log, signal, why }: { log: Log; signal: AbortSignal; why: string | null },
): Promise<void> {
  const endMs = steadyMs() + PATIENCE_MS;
  let isTold = false;
  while (!signal.aborted) {
    await delay(isTold ? LATER_MS : SOON_MS, undefined, { signal, ref: false }).catch(() => {});
    const key = await readKey(path);
    if (key) {
      tokens.useKey(key);
      return;
    }
    if (isTold || steadyMs() < endMs) continue;
    log.warn({ path, why }, 'no token key yet: session tokens would not survive a restart');
    isTold = true;
  }
}

async function readKey(path: string): Promise<Buffer | null> {
  const key = await readFile(path).catch(() => null);
  return key && key.length >= KEY_BYTES ? key : null;
}

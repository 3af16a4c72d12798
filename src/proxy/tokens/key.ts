// The key of the session tokens, in a file that outlives the daemon. Whoever keeps the redirect makes
// it; where nobody does and the folder may be written, the daemon makes it itself.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { steadyMs } from '../clock.ts';
import { type Log, messageOf } from '../log.ts';
import type { SessionTokens } from './session-tokens.ts';

export const KEY_FILE = 'token.key';
const KEY_BYTES = 32;
/** The process that keeps the redirect starts together with this one. */
const PATIENCE_MS = 2_000;
const SOON_MS = 50;
const LATER_MS = 5_000;

/**
 * Hands the key over as soon as it is there. Resolves after the first look, before which nothing may be
 * answered: most SDKs take one refused token for the end of their search. Where there is no key yet,
 * tokens are given out with one of the moment, and the search goes on behind.
 */
export async function loadTokenKey(
  stateDir: string,
  tokens: SessionTokens,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const path = join(stateDir, KEY_FILE);
  const key = await readKey(path);
  if (key) tokens.useKey(key);
  else void awaitKey(path, tokens, log, signal);
}

async function awaitKey(path: string, tokens: SessionTokens, log: Log, signal: AbortSignal): Promise<void> {
  const endMs = steadyMs() + PATIENCE_MS;
  let hasTried = false;
  while (!signal.aborted) {
    await delay(hasTried ? LATER_MS : SOON_MS, undefined, { signal, ref: false }).catch(() => {});
    let key = await readKey(path);
    if (!key && !hasTried && steadyMs() >= endMs) {
      key = await makeKey(path, log);
      hasTried = true;
    }
    if (!key) continue;
    tokens.useKey(key);
    return;
  }
}

async function readKey(path: string): Promise<Buffer | null> {
  const key = await readFile(path).catch(() => null);
  return key && key.length >= KEY_BYTES ? key : null;
}

async function makeKey(path: string, log: Log): Promise<Buffer | null> {
  const key = randomBytes(KEY_BYTES);
  try {
    await writeFile(path, key, { mode: 0o400, flag: 'wx' });
    return key;
  } catch (error) {
    log.warn({ path, why: messageOf(error) }, 'no token key yet: session tokens would not survive a restart');
    return null;
  }
}

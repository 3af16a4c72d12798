// The key of the session tokens, in a file that outlives the daemon. Whoever keeps the redirect makes
// it; where nobody does and the folder may be written, the daemon makes it itself.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, messageOf } from '../log.ts';
import type { SessionTokens } from './session-tokens.ts';

export const KEY_FILE = 'token.key';
const KEY_BYTES = 32;
/** The process that keeps the redirect starts together with this one. */
const PATIENCE_MS = 2_000;
const EVERY_MS = 50;

/** Hands the key over as soon as it is there. Tokens are given out meanwhile, with a key of the moment. */
export async function loadTokenKey(
  stateDir: string,
  tokens: SessionTokens,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const path = join(stateDir, KEY_FILE);
  const endMs = Date.now() + PATIENCE_MS;
  let key = await readKey(path);
  while (!key && Date.now() < endMs && !signal.aborted) {
    await delay(EVERY_MS);
    key = await readKey(path);
  }
  if (signal.aborted) return;
  key ??= await makeKey(path, log);
  if (key) tokens.useKey(key);
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
    log.warn({ path, why: messageOf(error) }, 'no token key: session tokens will not survive a restart');
    return null;
  }
}

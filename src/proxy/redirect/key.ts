// Makes the key of the session tokens, which the unprivileged daemon reads but could not write. It
// outlives both processes, so that tokens stay valid over a restart; a reboot of the node ends it.
import { randomBytes } from 'node:crypto';
import { chown, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_FILE } from '../tokens/key.ts';
import { DAEMON_UID } from './rule.ts';

const keyBytes = 32;

/** Leaves a whole key as it is. @param isRoot whether the file can be given to the daemon's user */
export async function ensureTokenKey(stateDir: string, isRoot: boolean): Promise<void> {
  const path = join(stateDir, KEY_FILE);
  const found = await stat(path).catch(() => null);
  const isWhole = found?.size === keyBytes && (!isRoot || found.uid === DAEMON_UID);
  if (isWhole) return;

  const draft = `${path}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, randomBytes(keyBytes), { mode: 0o400, flag: 'wx' });
  if (isRoot) await chown(draft, DAEMON_UID, DAEMON_UID);
  // No hard link: without CAP_FOWNER the kernel refuses one to a file that is another user's by now.
  await rename(draft, path);
}

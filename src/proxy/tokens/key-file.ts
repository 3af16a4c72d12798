// Makes the file of the session tokens' key, whole at once, and never in place of another's.
import { randomBytes } from 'node:crypto';
import { chown, link, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { DAEMON_UID } from '../redirect/rule.ts';

export const KEY_BYTES = 32;

/** Resolves as well when somebody else has made it meanwhile; rejects where it cannot be made. */
export async function makeKeyFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(draft, randomBytes(KEY_BYTES), { mode: 0o400, flag: 'wx' });
    await link(draft, path);
    // As the keeper of the redirect would have it; only root can.
    await chown(path, DAEMON_UID, DAEMON_UID).catch(() => {});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * A folder of this user alone, for a state folder that is not there and cannot be made; null for one that
 * is there, whose key is still to come. Rejects where the folder is not to be trusted.
 */
export async function ownFolder(stateDir: string): Promise<string | null> {
  if (await lstat(stateDir).catch(() => null)) return null;
  const { uid } = userInfo();
  const folder = join(tmpdir(), `pod-iam-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const isOurs = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  return isOurs ? folder : null;
}

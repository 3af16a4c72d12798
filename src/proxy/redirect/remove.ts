// Takes the rule away from this node and proves it, for uninstall.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { REDIRECT_REPORT } from '../redirect-report.ts';
import { KEY_FILE } from '../tokens/key.ts';
import type { Backend, Kept } from './rule.ts';

export interface RemoveOptions {
  /** Every packet filter that works here: the rule may be in a former choice. */
  backends: AsyncIterable<Backend>;
  /** Removed with nftables, where that works. */
  guard: Pick<Kept, 'remove'>;
  stateDir: string;
  /** Written when all is gone: a readiness probe looks for it. */
  doneFile: string;
  log: Log;
}

/** @throws ToolError when a rule cannot be removed, or is still listed afterwards */
export async function removeRedirect({
  backends,
  guard,
  stateDir,
  doneFile,
  log,
}: RemoveOptions): Promise<void> {
  const looked: string[] = [];
  for await (const backend of backends) {
    await backend.remove();
    if (backend.name === 'nft') await guard.remove();
    looked.push(backend.program);
  }
  for (const name of [REDIRECT_REPORT, KEY_FILE]) await rm(join(stateDir, name), { force: true });
  log.info({ backends: looked }, 'redirect removed');
  await writeFile(doneFile, 'removed\n');
}

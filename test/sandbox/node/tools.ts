// Builds the programs of the sandbox's pods once per test process, as scripts/build.ts does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sandboxTools } from '../../../scripts/sandbox-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-tools-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await build({ ...sandboxTools, outdir: folder });

/** Holds curl.cjs, inside.cjs, nft.cjs, unshare.cjs and reaper.cjs. */
export const tools = folder;

// The daemon as it is deployed: the built bundle, unpacked by the loader of the ConfigMap, as a process
// of its own with the flags that are on by default.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from './processes/surroundings.ts';
import { nowMs, stopped } from './remote.ts';

export interface RunningDaemon {
  pid: number;
  port: number;
  /** From the start of the process until /readyz answered 200. */
  readyMs: number;
  /** Lines of its log so far. */
  lines(): Record<string, unknown>[];
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** As src/manifests/containers.ts sets it. */
const deployedEnvironment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
};

export const NODE = 'node-1';
export const BASE = 'arn:aws:iam::111122223333:role/';

/** @param node the program that runs it */
export async function startDaemon(
  places: Places,
  { flags = [], node = process.execPath }: { flags?: string[]; node?: string } = {},
): Promise<RunningDaemon> {
  const dir = mkdtempSync(join(tmpdir(), 'pod-iam-bench-'));
  copyFileSync('templates/image/run.cjs', join(dir, 'run.cjs'));
  copyFileSync('dist/proxy/proxy.cjs.gz', join(dir, 'proxy.cjs.gz'));
  writeFileSync(join(dir, 'token'), places.api.token);
  writeFileSync(join(dir, 'ca.crt'), places.api.ca);
  writeFileSync(join(dir, 'token.key'), Buffer.alloc(32, 7));
  const startedMs = nowMs();
  const child = spawn(
    node,
    [
      join(dir, 'run.cjs'),
      '--app-port=0',
      '--admin-addr=127.0.0.1:0',
      '--bind=127.0.0.1',
      `--node=${NODE}`,
      `--api-server=${places.api.url}`,
      `--sts-endpoint=${places.sts}`,
      `--metadata-addr=${places.imds.slice('http://'.length)}`,
      `--base-role-arn=${BASE}`,
      `--state-dir=${dir}`,
      '--redirect=external',
      ...flags,
    ],
    {
      env: { PATH: process.env['PATH'], POD_IAM_API_DIR: dir, ...deployedEnvironment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let log = '';
  child.stdout!.on('data', (chunk) => {
    log += chunk;
  });
  const lines = () => parsed(log);
  const { port, admin } = await listening(child, lines);
  const readyAtMs = await ready(`http://127.0.0.1:${admin}/readyz`);
  return {
    pid: child.pid!,
    port,
    readyMs: readyAtMs - startedMs,
    lines,
    metrics: async () => (await fetch(`http://127.0.0.1:${admin}/metrics`)).text(),
    async stop() {
      await stopped(child);
      rmSync(dir, { recursive: true });
    },
  };
}

async function listening(
  child: ChildProcess,
  lines: () => Record<string, unknown>[],
): Promise<{ port: number; admin: number }> {
  const endMs = nowMs() + 10_000;
  for (;;) {
    const line = lines().find(({ msg }) => msg === 'listening');
    if (line) return { port: line['port'] as number, admin: (line['admin'] as { port: number }).port };
    if (child.exitCode !== null || nowMs() > endMs)
      throw new Error('the daemon does not listen; is dist/ built? (npm run build)');
    await new Promise((done) => setTimeout(done, 2));
  }
}

async function ready(url: string): Promise<number> {
  const endMs = nowMs() + 10_000;
  while (!(await fetch(url)).ok) {
    if (nowMs() > endMs) throw new Error('the daemon does not become ready');
    await new Promise((done) => setTimeout(done, 2));
  }
  return nowMs();
}

const parsed = (log: string): Record<string, unknown>[] =>
  log
    .slice(0, log.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

// Sees to it that no process of the sandbox outlives it, not even when it is killed: a helper process
// that waits for our end of its standard input to close (tools/reaper.ts).
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Reaper {
  /** A process group was started, or has ended. */
  add(pid: number): void;
  remove(pid: number): void;
  /** Has it kill what is left and remove the folder; resolves when both are done. */
  close(): Promise<void>;
}

export function startReaper(folder: string, tools: string): Reaper {
  // In a session of its own: Ctrl-C in the terminal must not end it before its work is done.
  const child = spawn(process.execPath, [join(tools, 'reaper.cjs'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.stdin.on('error', () => {});
  // Neither the child nor its pipe keeps the sandbox alive.
  child.unref();
  (child.stdin as unknown as { unref?(): void }).unref?.();
  return {
    add: (pid) => void child.stdin.write(`+${pid}\n`),
    remove: (pid) => void child.stdin.write(`-${pid}\n`),
    close: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

// Runs a program of ours as a process of its own and collects what it says.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Written to stdin, which is then closed. */
  input?: string;
  nodeArgs?: string[];
  /** Called with all of stderr so far, each time that it grows. */
  onStderr?(text: string, child: ChildProcessWithoutNullStreams): void;
}

/** The environment holds PATH and HOME alone, and what is given. */
export async function runCli(script: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), script, ...args], {
    cwd: options.cwd ?? '/',
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', NODE_NO_WARNINGS: '1', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    options.onStderr?.(stderr, child);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

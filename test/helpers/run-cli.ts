// Runs a program of ours as a process of its own and collects what it says.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** pod-iam as it is installed: it runs what the last build has made. */
export const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

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
  /** What to type when each of these texts has been printed on stderr, in order; stdin closes after the last. */
  dialogue?: [question: string, answer: string][];
  nodeArgs?: string[];
  /** Called with all of stderr so far, each time that it grows. */
  onStderr?(text: string, child: ChildProcessWithoutNullStreams): void;
}

/** The environment holds PATH and HOME alone, and what is given. */
export async function runCli(script: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), script, ...args], {
    cwd: options.cwd ?? '/',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: '/nonexistent',
      NODE_NO_WARNINGS: '1',
      // Where Node keeps it by itself; halves the time of a program that is run from its source.
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      ...options.env,
    },
  });
  let stdout = '';
  let stderr = '';
  const dialogue = [...(options.dialogue ?? [])];
  let heard = 0;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    options.onStderr?.(stderr, child);
    const [question, answer] = dialogue[0] ?? [];
    if (question === undefined || !stderr.slice(heard).includes(question)) return;
    heard = stderr.length;
    dialogue.shift();
    child.stdin.write(`${answer}\n`);
    if (dialogue.length === 0) child.stdin.end();
  });
  child.stdin.on('error', () => {});
  if (dialogue.length === 0) child.stdin.end(options.input ?? '');
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

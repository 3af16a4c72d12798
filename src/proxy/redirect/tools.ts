// Runs the node's own programs. In a stock Node image there is neither nft nor iptables, so the node's
// /usr is mounted under a folder that becomes the root of what is run: `nsenter --root=/host -- nft`.
import { spawn } from 'node:child_process';

export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A program that failed, hung or is not there. */
export class ToolError extends Error {}

export interface Tools {
  /** Runs to the end and throws a ToolError unless it ends with 0. No shell is between. */
  run(argv: readonly string[], input?: string): Promise<string>;
  /** The same, but hands any exit code over. */
  attempt(argv: readonly string[], input?: string): Promise<ToolResult>;
  /** Runs until the signal, or until it ends by itself; resolves then. */
  follow(argv: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

export interface ToolsOptions {
  /** What stands before each program to run it on the node; empty to run this container's own. */
  entrance: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs?: number;
}

// xtables waits 5 s for its lock; nothing else takes more than a fraction of a second.
const defaultTimeoutMs = 10_000;

/** Runs programs of the node. */
export function nodeTools({ entrance, env, timeoutMs = defaultTimeoutMs }: ToolsOptions): Tools {
  const command = (argv: readonly string[]): string[] => [...entrance, ...argv];
  // Administrators' programs are not on every PATH.
  const options = {
    env: { ...env, LC_ALL: 'C', PATH: `${env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin` },
  };

  function attempt(argv: readonly string[], input = ''): Promise<ToolResult> {
    const [program = '', ...args] = command(argv);
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { ...options, timeout: timeoutMs, killSignal: 'SIGKILL' });
      const output = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
      child.once('error', (error: NodeJS.ErrnoException) => reject(spawnError(program, error)));
      child.once('close', (code, signal) => {
        if (signal !== null) reject(new ToolError(`${argv.join(' ')} did not end within ${timeoutMs} ms`));
        else resolve({ code: code ?? -1, ...output });
      });
      // A program that ends before it has read its input closes the pipe.
      child.stdin.once('error', () => {});
      child.stdin.end(input);
    });
  }

  return {
    attempt,
    async run(argv, input) {
      const { code, stdout, stderr } = await attempt(argv, input);
      if (code === 0) return stdout;
      throw new ToolError(`${argv.join(' ')} ended with ${code}: ${stderr.trim().split('\n')[0]}`);
    },
    follow(argv, onLine, signal) {
      const [program = '', ...args] = command(argv);
      return new Promise((resolve) => {
        const child = spawn(program, args, { ...options, signal, stdio: ['ignore', 'pipe', 'ignore'] });
        let rest = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop()!;
          for (const line of lines) onLine(line);
        });
        child.once('error', () => resolve());
        child.once('close', () => resolve());
      });
    },
  };
}

const spawnError = (program: string, error: NodeJS.ErrnoException): ToolError =>
  new ToolError(`${program} cannot be started: ${error.code ?? error.message}`);

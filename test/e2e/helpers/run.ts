// Runs programs as a person would: kubectl, and the bundled pod-iam.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  /** Default: the repository. */
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Default: ten minutes, which nothing here takes. */
  timeoutMs?: number;
  /** Sends SIGINT, as Ctrl-C does, once stderr holds this text. */
  interruptAt?: string;
}

/** The repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export function run(command: string, args: string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 600_000);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    let isInterrupted = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
      if (isInterrupted || !options.interruptAt || !output.stderr.includes(options.interruptAt)) return;
      isInterrupted = true;
      setTimeout(() => child.kill('SIGINT'), 700);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...output });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** kubectl; throws with its words unless it ends well. */
export async function kubectl(args: string[], input?: string): Promise<string> {
  const ended = await run('kubectl', args, input === undefined ? {} : { input });
  if (ended.code !== 0)
    throw new Error(`kubectl ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return ended.stdout;
}

/** The bundled command line, with nothing of the caller's AWS settings but what is given. */
export function podIam(
  args: string[],
  env: Record<string, string> = {},
  options: Pick<RunOptions, 'interruptAt' | 'cwd'> = {},
): Promise<Ended> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|POD_IAM_)/.test(name)),
  );
  return run(process.execPath, ['bin/run.js', ...args], { env: { ...clean, ...env }, ...options });
}

// Runs one command of the demo as a process of its own, and hands its output over line by line.
import { spawn } from 'node:child_process';
import type { World } from '../world.ts';

export interface ChildOptions {
  /** Program and first words, such as node and bin/run.js. */
  program: readonly string[];
  words: readonly string[];
  /** The PATH that it is to have. */
  path: string;
  world: World;
  hasColour: boolean;
  workingDirectory: string;
  signal: AbortSignal;
  line(text: string): void;
}

/** Resolves to the exit code; an interrupt is handed on, so that the command cleans up. */
export function runChild(options: ChildOptions): Promise<number> {
  const { world, signal, line } = options;
  const [program = '', ...first] = options.program;
  const child = spawn(program, [...first, ...options.words], {
    cwd: options.workingDirectory,
    env: {
      PATH: options.path,
      HOME: world.folder,
      TMPDIR: world.folder,
      ...(options.hasColour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
      ...world.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in a terminal reaches us alone; we hand it on.
    detached: true,
  });
  const pid = child.pid;
  if (pid !== undefined) world.reaper.add(pid);
  const interrupt = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, line);
  return new Promise((done, refuse) => {
    child.once('error', refuse);
    child.once('close', (code) => {
      signal.removeEventListener('abort', interrupt);
      if (pid !== undefined) world.reaper.remove(pid);
      done(code ?? -1);
    });
  });
}

function eachLine(stream: NodeJS.ReadableStream, line: (text: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const each of lines) line(each);
  });
  stream.on('end', () => {
    if (rest !== '') line(rest);
  });
}

// Runs the built command line as a user does.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Started {
  child: ChildProcess;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves when the output matches; rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<number | null>;
}

export function startPodIam(words: string[], environment: Record<string, string> = {}): Started {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const child = spawn(process.execPath, [bin, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const waiting = new Set<() => void>();
  const add = (chunk: string): void => {
    output += chunk;
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', add);
  child.stderr.setEncoding('utf8').on('data', add);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return {
    child,
    output: () => output,
    until: (pattern) =>
      new Promise((done, refuse) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (!match) return;
          waiting.delete(look);
          done(match);
        };
        waiting.add(look);
        look();
        void ended.then(() => refuse(new Error(`it ended without ${pattern}: ${output}`)));
      }),
    ended,
  };
}

/** The folder of the sandbox that a command has started: its reaper is told it. */
export function folderOf({ child }: Started): string {
  const line = processes().find((text) => text.startsWith(`${child.pid} `) && text.includes('reaper.cjs'));
  const folder = line?.split(' ').at(-1);
  if (!folder) throw new Error('it has started no sandbox');
  return folder;
}

/** The command lines that name a sandbox's folder. */
export const processesIn = (folder: string): string =>
  processes()
    .filter((line) => line.includes(folder))
    .join('\n');

/** Each with the parent's process id in front. From /proc, because a slim machine has no `ps`. */
const processes = (): string[] => processIds().map((pid) => `${parentOf(pid)} ${commandLine(pid)}`);

/** The id of a process whose command line holds all of the words. */
export const findProcess = (...words: string[]): number | undefined =>
  processIds().find((pid) => words.every((word) => commandLine(pid).includes(word)));

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const commandLine = (pid: number): string => readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();

const parentOf = (pid: number): string => /^PPid:\t(\d+)/m.exec(readProc(pid, 'status'))?.[1] ?? '';

/** Empty for a process that has just ended. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

// One run of a container as a process group of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Reaper } from './reaper.ts';

export interface ProcessOptions {
  command: string[];
  environment: Record<string, string>;
  workingDirectory: string;
  reaper: Reaper;
  output(text: string): void;
}

export interface Ended {
  exitCode: number;
  signal: number | null;
}

export interface Running {
  ended: Promise<Ended>;
  /** SIGTERM to the first process, and SIGKILL to all after the grace period. */
  stop(graceMs: number): Promise<Ended>;
}

/** The program could not be started at all. */
export class StartFault extends Error {}

export function startProcess(options: ProcessOptions): Promise<Running> {
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.workingDirectory,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', options.output);
  child.stderr.setEncoding('utf8').on('data', options.output);
  return new Promise((done, refuse) => {
    child.once('error', () => refuse(new StartFault(notFound(program))));
    child.once('spawn', () => done(track(child, options.reaper)));
  });
}

function track(child: ChildProcess, reaper: Reaper): Running {
  const pid = child.pid!;
  reaper.add(pid);
  let hasEnded = false;
  // What the first process leaves behind ends with it, as when a container's init ends.
  child.once('exit', () => killGroup(pid));
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      hasEnded = true;
      reaper.remove(pid);
      const number = signal === null ? null : constants.signals[signal];
      done({ exitCode: code ?? 128 + (number ?? 0), signal: number });
    });
  });
  return {
    ended,
    async stop(graceMs) {
      if (hasEnded) return ended;
      child.kill('SIGTERM');
      const kill = setTimeout(() => killGroup(pid), graceMs);
      const result = await ended;
      clearTimeout(kill);
      return result;
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** As runc words it. */
const notFound = (program: string): string =>
  `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${program}": ${
    program.includes('/')
      ? `stat ${program}: no such file or directory`
      : 'executable file not found in $PATH'
  }: unknown`;

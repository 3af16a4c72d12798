// What a container runs: its command, environment and working directory, with the container's own
// paths rewritten to this machine's.
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expand, resolveEnvironment } from './environment.ts';
import type { PodPlace } from './fields.ts';
import { findImage } from './image.ts';
import { type Mount, rewriter } from './mounts.ts';
import type { Container, Pod } from './pod.ts';
import type { DataReader } from './volumes.ts';

export interface ProgramContext {
  pod: Pod;
  place: PodPlace;
  mounts: readonly Mount[];
  read: DataReader;
  podFolder: string;
  /** Variables that every container has, PATH among them. */
  baseEnvironment: Record<string, string>;
}

export interface Program {
  command: string[];
  environment: Record<string, string>;
  workingDirectory: string;
}

/**
 * @param command to run instead of the container's own, as a probe does
 * @throws ConfigFault when the environment names what is not there
 */
export function programOf(container: Container, context: ProgramContext, command?: string[]): Program {
  const { pod, place, read, mounts, podFolder, baseEnvironment } = context;
  const rewrite = rewriter(mounts);
  const own = resolveEnvironment(container, pod, place, read);
  const workingDirectory = container.workingDir
    ? rewrite(container.workingDir)
    : join(podFolder, 'work', container.name);
  mkdirSync(workingDirectory, { recursive: true });
  const words = command ?? wordsOf(container).map((word) => expand(word, own));
  const [program = '', ...args] = words.map(rewrite);
  return {
    command: [withoutFolder(program), ...args],
    environment: {
      ...baseEnvironment,
      ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, rewrite(value)])),
      PATH: baseEnvironment.PATH!,
    },
    workingDirectory,
  };
}

function wordsOf({ image: reference, command, args = [] }: Container): string[] {
  const image = findImage(reference);
  return [...(command ?? (image.state === 'present' ? image.entrypoint : [])), ...args];
}

/** Images keep their programs where they like; here they are all on the PATH. */
const withoutFolder = (program: string): string =>
  /^\/(usr\/)?(local\/)?s?bin\/[^/]+$/.test(program) ? basename(program) : program;

// A process of its own whose functions can be called from here: what is measured must share no thread
// with what measures it. Both ends of the wire are in this file.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

// biome-ignore lint/suspicious/noExplicitAny: the type that any functions extend
type Functions = Record<string, (...args: any[]) => unknown>;

export interface Remote<F extends Functions> {
  pid: number;
  call<K extends keyof F & string>(name: K, ...args: Parameters<F[K]>): Promise<Awaited<ReturnType<F[K]>>>;
  stop(): Promise<void>;
}

interface Call {
  id: number;
  name: string;
  args: unknown[];
}

interface Reply {
  id: number;
  value?: unknown;
  error?: string;
}

/**
 * @param file in `processes/`, which serves these functions
 * @param node the program that runs it
 */
export function startRemote<F extends Functions>(file: string, node = process.execPath): Remote<F> {
  const child = fork(join(import.meta.dirname, 'processes', file), {
    serialization: 'advanced',
    execPath: node,
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', ({ id, value, error }: Reply) => {
    const call = open.get(id)!;
    open.delete(id);
    if (error === undefined) call.resolve(value as never);
    else call.reject(new Error(`${file}: ${error}`));
  });
  child.on('exit', (code) => {
    for (const { reject } of open.values()) reject(new Error(`${file} ended with ${code}`));
  });
  return {
    pid: child.pid!,
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        open.set(++lastId, { resolve, reject });
        child.send({ id: lastId, name, args } satisfies Call);
      }),
    stop: () => stopped(child),
  };
}

/** In the other process: answers calls until the parent is gone. */
export function serve(functions: Functions): void {
  process.on('message', async ({ id, name, args }: Call) => {
    try {
      process.send!({ id, value: await functions[name]!(...args) } satisfies Reply);
    } catch (error) {
      process.send!({ id, error: String(error) } satisfies Reply);
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Ends a child and waits until it is gone. */
export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(timer);
}

/** One clock for all processes of the machine, in milliseconds. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

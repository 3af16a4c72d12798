// moto's server program on a free port of its own, so that no other run on this machine is in its way.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface MotoServer {
  url: string;
  stop(): void;
}

const startTries = 3;

/**
 * Resolves when it answers; its first calls need no permission, until `reset-auth`.
 * @param program moto_server @param host an address of this machine
 */
export async function startMotoServer(program: string, host: string): Promise<MotoServer> {
  for (let tries = 1; ; tries++) {
    const port = await freePort(host);
    const child = spawn(program, ['-H', host, '-p', String(port)], {
      stdio: 'ignore',
      env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: '1000' },
    });
    const url = `http://${host}:${port}`;
    if (await answers(child, url)) return { url, stop: () => void child.kill('SIGKILL') };
    child.kill('SIGKILL');
    if (tries === startTries) throw new Error(`${program} does not listen on ${url}`);
  }
}

/** Whether it came up; not when it ended, as it does where somebody else has taken the port meanwhile. */
async function answers(child: ChildProcess, url: string): Promise<boolean> {
  let failed: Error | null = null;
  child.on('error', (error) => {
    failed = error;
  });
  for (const endMs = Date.now() + 120_000; Date.now() < endMs; await delay(200)) {
    const isThere = (await fetch(`${url}/moto-api/`).catch(() => null))?.ok ?? false;
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (isThere) return true;
  }
  return false;
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

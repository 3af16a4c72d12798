// Runs the redirect program on the node of a world, and reads what it says.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NODE_IP, stop, type World } from './netns.ts';

const main = fileURLToPath(new URL('../../../src/proxy/redirect/main.ts', import.meta.url));
const program = `import { redirectMain } from ${JSON.stringify(main)}; process.exitCode = await redirectMain(process.argv.slice(1));`;

export const METADATA = 'http://169.254.169.254';
export const METADATA6 = 'http://[fd00:ec2::254]';
export const DAEMON = `http://${NODE_IP}:8181`;
// curl: 7 is a refused connection, 28 a time-out.
export const REFUSED = 'curl 7';
export const SILENCE = 'curl 28';

export type Running = ChildProcess & {
  log: Record<string, unknown>[];
  /** It is gone, and all that it said is read. */
  isOver: boolean;
};

export interface Report {
  antiSpoof: { inPlace: boolean; message: string | null } | null;
  inPlace: boolean;
  backend: string | null;
  port?: number;
  checkedAtMs: number;
  message: string | null;
  warnings: string[];
}

/** A state folder of its own, and the programs that were started with it. */
export class RedirectRun {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-redirect-'));
  readonly errors: string[] = [];
  private readonly children: Running[] = [];
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Starts the program in the node's namespace and collects its log. */
  start(flags: string[], env: Record<string, string> = {}, before: string[] = []): Running {
    return this.startProgram(program, flags, env, before);
  }

  /** The same of another program, given as a module. */
  startProgram(
    module: string,
    flags: string[],
    env: Record<string, string> = {},
    before: string[] = [],
  ): Running {
    const words = Object.entries({ NODE_NAME: 'node-1', ...env }).map(([name, value]) => `${name}=${value}`);
    const child = this.world.start(
      'node',
      'env',
      ...words,
      ...before,
      process.execPath,
      '--input-type=module',
      '-e',
      module,
      '--',
      ...[`--state-dir=${this.stateDir}`, ...flags],
    );
    const log: Record<string, unknown>[] = [];
    let rest = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) log.push(JSON.parse(line));
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.errors.push(text));
    const running = Object.assign(child, { log, isOver: false });
    child.on('close', () => {
      running.isOver = true;
    });
    this.children.push(running);
    return running;
  }

  /** The same, and waits until the rule is there. */
  async keeping(flags: string[] = [], env: Record<string, string> = {}): Promise<Running> {
    rmSync(this.path('redirect.json'), { force: true });
    const child = this.start([`--host-ip=${NODE_IP}`, ...flags], env);
    await this.says(child, 'redirect in place');
    await this.until(() => this.report() !== null, 'a report');
    return child;
  }

  /** Takes the rule away, as uninstall does. */
  async remove(env: Record<string, string> = {}): Promise<Running> {
    const child = this.start(['--remove', `--done-file=${this.path('done')}`], env);
    await this.says(child, 'redirect removed');
    const done = this.path('done');
    // It is there a moment before it is written.
    await this.until(() => existsSync(done) && readFileSync(done, 'utf8') !== '', 'the done file');
    return child;
  }

  /** @param from how many lines of the log to pass over */
  says(child: Running, message: string, from = 0): Promise<void> {
    return this.until(() => child.log.slice(from).some(({ msg }) => msg === message), message);
  }

  /** Waits until it has ended by itself. */
  ends(child: Running): Promise<void> {
    return this.until(() => child.isOver, 'its end');
  }

  /**
   * Waits until so many monitors hear of every change: they are programs of their own, and what was changed
   * before they listen is seen by the clock alone.
   */
  hears(monitors = 1): Promise<void> {
    const listening = async (): Promise<number> =>
      (await this.world.in('node', 'cat', '/proc/net/netlink'))
        .split('\n')
        .map((line) => line.split(/\s+/))
        // 12 is the packet filter's, and its changes go to the group 7.
        .filter(([, protocol, , groups = '0']) => protocol === '12' && Number.parseInt(groups, 16) & 0x40)
        .length;
    return this.until(async () => (await listening()) >= monitors, 'a monitor that listens');
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const endMs = Date.now() + 60_000; Date.now() < endMs; await delay(10)) {
      if (await holds()) return;
    }
    const logs = this.children.map(({ log }) => JSON.stringify(log)).join('\n');
    assert.fail(`it never came to this: ${what}; logs: ${logs}; stderr: ${this.errors.join('')}`);
  }

  path = (name: string): string => join(this.stateDir, name);

  /** Null before the first. */
  report(): Report | null {
    const path = this.path('redirect.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : null;
  }

  /**
   * What is to happen within this time on a machine that is busy with other things: there it takes as much
   * longer as setting a rule by hand does, of which a keeper does some twenty times as much.
   */
  async patienceMs(ms: number): Promise<number> {
    const startedMs = performance.now();
    await this.world.in('node', 'nft', 'add table inet e2e_pace; delete table inet e2e_pace');
    return ms + 20 * (performance.now() - startedMs);
  }

  rules = (): Promise<string> => this.world.in('node', 'nft', 'list', 'ruleset');

  /** Writes a program that comes before the machine's own of that name. @returns the environment for it */
  shadow(programs: Record<string, string>): { PATH: string } {
    const folder = this.path('bin');
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(programs))
      writeFileSync(join(folder, name), text, { mode: 0o755 });
    return { PATH: `${folder}:${process.env['PATH']}` };
  }

  /** Ends what still runs, and leaves the node without a rule. */
  async end(): Promise<void> {
    await Promise.all(this.children.map((child) => stop(child)));
    await this.world.in('node', 'nft', 'flush', 'ruleset');
    rmSync(this.stateDir, { recursive: true });
  }
}

/** Without an nft that works, the rule is kept by iptables. */
export const NO_NFT = {
  nft: '#!/bin/sh\necho "Error: Could not process rule: Operation not supported" >&2\nexit 1\n',
};

/** Writes what libcni keeps after the plugin `bridge` has run. @returns the file */
export function recordPod(
  folder: string,
  port: string,
  { ipv4, ipv6 }: { ipv4?: string; ipv6?: string },
): string {
  const ips = [...(ipv4 ? [`${ipv4}/24`] : []), ...(ipv6 ? [`${ipv6}/64`] : [])];
  const sandbox = '/var/run/netns/cni-1';
  const result = {
    cniVersion: '0.4.0',
    interfaces: [{ name: 'cni0' }, { name: port }, { name: 'eth0', sandbox }],
    ips: ips.map((address) => ({ interface: 2, address })),
  };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `pods-${port}-eth0`);
  writeFileSync(file, JSON.stringify({ kind: 'cniCacheV1', containerId: port, ifName: 'eth0', result }));
  return file;
}

// A real container engine with Docker's API: podman as a service in the network namespace of a test's
// node, with a folder of its own for all that it keeps. Its one image is made of this machine's files.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stop } from './netns.ts';
import { type Ended, run } from './run.ts';

/** Why there is no engine here; false when there is one. */
export function engineFault(): string | false {
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['podman', 'busybox', 'curl', 'nsenter']) {
    try {
      execFileSync('which', [program], { stdio: 'ignore' });
    } catch {
      return `there is no ${program} on this machine (apt-get install podman runc netavark busybox-static curl)`;
    }
  }
  return false;
}

// No systemd, and limits that an unprivileged machine may set.
const CONFIGURATION = `
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
oom_score_adj = 0
[network]
network_backend = "netavark"
`;
const IMAGE = 'localhost/pod-iam-e2e:1';

export class Engine {
  readonly folder = mkdtempSync(join(tmpdir(), 'pod-iam-engine-'));
  readonly socket = join(this.folder, 'docker.sock');
  readonly #namespace: string;
  #service: ChildProcess | null = null;

  /** @param namespace name of a network namespace */
  constructor(namespace: string) {
    this.#namespace = namespace;
    writeFileSync(join(this.folder, 'containers.conf'), CONFIGURATION);
  }

  async start(): Promise<void> {
    const [program, ...argv] = this.#words(['system', 'service', '--time=0', `unix://${this.socket}`]);
    this.#service = spawn(program!, argv, { stdio: 'ignore', env: this.#env() });
    for (let tries = 0; !existsSync(this.socket); tries++) {
      if (tries > 100) throw new Error('the engine did not come up');
      await delay(100);
    }
  }

  /** Its containers go on. */
  async end(): Promise<void> {
    if (this.#service) await stop(this.#service);
    this.#service = null;
    rmSync(this.socket, { force: true });
  }

  async makeImage(): Promise<void> {
    const root = join(this.folder, 'image');
    for (const folder of ['bin', 'tmp', 'etc']) mkdirSync(join(root, folder), { recursive: true });
    cpSync(which('busybox'), join(root, 'bin/busybox'));
    for (const name of ['sh', 'sleep']) symlinkSync('busybox', join(root, 'bin', name));
    cpSync(which('curl'), join(root, 'bin/curl'));
    const libraries = execFileSync('ldd', [which('curl')], { encoding: 'utf8' });
    for (const path of new Set(
      [...libraries.matchAll(/(?:=> |^\s+)(\/[^\s]+) \(0x/gm)].map(([, found]) => found),
    )) {
      mkdirSync(dirname(join(root, path!)), { recursive: true });
      copyFileSync(path!, join(root, path!));
    }
    const archive = join(this.folder, 'image.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    await this.podman('import', archive, IMAGE);
  }

  /** Starts a container that sleeps. */
  async run(name: string, ...options: string[]): Promise<void> {
    await this.podman('run', '--detach', '--name', name, ...options, IMAGE, '/bin/sleep', '600');
  }

  /** Curl inside a container: the body, or its exit code. */
  async curl(name: string, ...words: string[]): Promise<string> {
    const ended = await this.#attempt('exec', name, '/bin/curl', '-s', '-m', '3', ...words);
    return ended.code === 0 ? ended.stdout : `curl ${ended.code}`;
  }

  /** Throws with its words unless it ends well. */
  async podman(...words: string[]): Promise<string> {
    const ended = await this.#attempt(...words);
    if (ended.code !== 0)
      throw new Error(`podman ${words.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.stdout.trim();
  }

  async destroy(): Promise<void> {
    await this.#attempt('rm', '--all', '--force', '--time', '0');
    await this.end();
    await this.#attempt('system', 'reset', '--force');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #attempt(...words: string[]): Promise<Ended> {
    const [program, ...argv] = this.#words(words);
    return run(program!, argv, { env: this.#env(), timeoutMs: 60_000 });
  }

  #words(words: string[]): string[] {
    const kept = ['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'run')];
    // Only the network of the namespace: its own /sys would hide the control groups.
    return [
      'nsenter',
      `--net=/run/netns/${this.#namespace}`,
      'podman',
      ...kept,
      '--storage-driver=vfs',
      ...words,
    ];
  }

  #env(): NodeJS.ProcessEnv {
    return { ...process.env, CONTAINERS_CONF: join(this.folder, 'containers.conf'), TMPDIR: this.folder };
  }
}

const which = (program: string): string => execFileSync('which', [program], { encoding: 'utf8' }).trim();

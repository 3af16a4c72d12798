// A real container engine with Docker's API, Docker's own or podman's, in the network namespace of a
// test's node, with a folder of its own for all that it keeps. Its one image is made of this machine's
// files. No word of it touches another engine of the machine.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stop } from './netns.ts';
import { type Ended, run } from './run.ts';

export type EngineKind = 'docker' | 'podman';

const programs: Record<EngineKind, string[]> = {
  docker: ['dockerd', 'docker', 'containerd', 'runc'],
  podman: ['podman', 'runc', 'conmon'],
};

/** Why there is no such engine here; false when there is one. */
export function engineFault(kind: EngineKind): string | false {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = [...programs[kind], 'busybox', 'curl', 'nsenter', 'unshare'].filter(
    (program) => !has(program),
  );
  if (missing.length === 0) return false;
  const packages = kind === 'docker' ? 'docker.io' : 'podman runc netavark';
  return `there is no ${missing.join(' and no ')} on this machine (apt-get install ${packages} busybox-static curl)`;
}

// No systemd, and limits that an unprivileged machine may set.
const PODMAN_CONFIGURATION = `
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
  readonly kind: EngineKind;
  /** Name of its default network's interface, and the host's address there. */
  readonly bridge: { name: string; address: string };
  readonly folder = mkdtempSync(join(tmpdir(), 'pod-iam-engine-'));
  readonly socket = join(this.folder, 'docker.sock');
  readonly #namespace: string;
  /** Holds the mount namespace of Docker's, which has to outlive the engine as its containers do. */
  #keeper: ChildProcess | null = null;
  #service: ChildProcess | null = null;
  #said = '';

  /** @param namespace name of a network namespace */
  constructor(kind: EngineKind, namespace: string) {
    this.kind = kind;
    this.bridge =
      kind === 'docker'
        ? { name: 'docker0', address: '172.17.0.1' }
        : { name: 'podman0', address: '10.88.0.1' };
    this.#namespace = namespace;
    writeFileSync(join(this.folder, 'containers.conf'), PODMAN_CONFIGURATION);
    if (kind === 'docker')
      this.#keeper = spawn('unshare', ['--mount', 'sleep', 'infinity'], { stdio: 'ignore' });
  }

  async start(): Promise<void> {
    // Before it has a mount namespace of its own, the engine would mount into this machine's.
    const mounts = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/mnt`);
    while (this.#keeper && mounts(this.#keeper.pid!) === mounts('self')) await delay(5);
    const [program, ...argv] = this.kind === 'docker' ? this.#dockerd() : this.#podman(this.#serviceWords());
    this.#service = spawn(program!, argv, { stdio: ['ignore', 'ignore', 'pipe'], env: this.#env() });
    this.#service.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    const ping = ['-s', '-m', '2', '--unix-socket', this.socket, 'http://docker/_ping'];
    for (const endMs = Date.now() + 60_000; (await run('curl', ping)).stdout !== 'OK'; await delay(50))
      if (Date.now() > endMs) throw new Error(`${this.kind} did not come up: ${this.#said}`);
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
    await this.command('import', archive, IMAGE);
  }

  /** Starts a container that sleeps. */
  async run(name: string, ...options: string[]): Promise<void> {
    await this.command('run', '--detach', '--name', name, ...options, IMAGE, '/bin/sleep', '600');
  }

  /** Runs a shell line as the first process of a container, and takes it away. @returns what it printed */
  once(line: string, ...options: string[]): Promise<string> {
    return this.command('run', '--rm', ...options, IMAGE, '/bin/sh', '-c', line);
  }

  async remove(name: string): Promise<void> {
    await this.command(...this.#removal(), name);
  }

  /** Curl inside a container: the body, or its exit code. */
  async curl(name: string, ...words: string[]): Promise<string> {
    const ended = await this.#attempt('exec', name, '/bin/curl', '-s', '-m', '10', ...words);
    return ended.code === 0 ? ended.stdout : `curl ${ended.code}`;
  }

  /** Throws with its words unless it ends well. */
  async command(...words: string[]): Promise<string> {
    const ended = await this.#attempt(...words);
    if (ended.code !== 0)
      throw new Error(`${this.kind} ${words.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.stdout.trim();
  }

  async destroy(): Promise<void> {
    const ids = await this.#attempt('ps', '--all', '--quiet');
    const all = ids.stdout.split('\n').filter((id) => id !== '');
    if (all.length > 0) await this.#attempt(...this.#removal(), ...all);
    if (this.kind === 'podman') await this.#attempt('network', 'prune', '--force');
    await this.end();
    if (this.kind === 'podman') await this.#attempt('system', 'reset', '--force');
    if (this.#keeper) await stop(this.#keeper, 'SIGKILL');
    this.#killLeft();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What an engine leaves running when it breaks: each such process names this folder. */
  #killLeft(): void {
    for (const pid of readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && name !== String(process.pid),
    )) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.folder))
          process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }

  /** Podman would wait for a shell to heed a signal. */
  #removal = (): string[] => ['rm', '--force', ...(this.kind === 'podman' ? ['--time', '0'] : [])];

  #attempt(...words: string[]): Promise<Ended> {
    const [program, ...argv] =
      this.kind === 'docker' ? ['docker', `--host=unix://${this.socket}`, ...words] : this.#podman(words);
    return run(program!, argv, { env: this.#env(), timeoutMs: 120_000 });
  }

  #dockerd(): string[] {
    const kept = ['--data-root', join(this.folder, 'root'), '--exec-root', join(this.folder, 'run')];
    return [
      'nsenter',
      `--mount=/proc/${this.#keeper!.pid}/ns/mnt`,
      `--net=/run/netns/${this.#namespace}`,
      ...['dockerd', `--host=unix://${this.socket}`, '--pidfile', join(this.folder, 'pid'), ...kept],
      ...['--storage-driver=vfs', '--live-restore', '--exec-opt=native.cgroupdriver=cgroupfs'],
    ];
  }

  #serviceWords = (): string[] => ['system', 'service', '--time=0', `unix://${this.socket}`];

  #podman(words: string[]): string[] {
    const kept = ['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'run')];
    // Only the network of the namespace: its own /sys would hide the control groups.
    return [
      'nsenter',
      `--net=/run/netns/${this.#namespace}`,
      'podman',
      ...kept,
      ...['--tmpdir', join(this.folder, 'libpod'), '--network-config-dir', join(this.folder, 'networks')],
      '--storage-driver=vfs',
      ...words,
    ];
  }

  #env(): NodeJS.ProcessEnv {
    return { ...process.env, CONTAINERS_CONF: join(this.folder, 'containers.conf'), TMPDIR: this.folder };
  }
}

const which = (program: string): string => execFileSync('which', [program], { encoding: 'utf8' }).trim();

function has(program: string): boolean {
  try {
    which(program);
    return true;
  } catch {
    return false;
  }
}

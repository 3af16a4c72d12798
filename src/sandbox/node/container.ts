// The life of one container: its image, its runs and restarts, and its probes.
import { setTimeout as sleep } from 'node:timers/promises';
import { apiTime } from '../api/object.ts';
import { ConfigFault } from './environment.ts';
import { findImage } from './image.ts';
import { restorer } from './mounts.ts';
import type { Container, ContainerStatus, Terminated } from './pod.ts';
import { runProbes } from './probing.ts';
import { type Ended, type Running, StartFault, startProcess } from './process.ts';
import { type ProgramContext, programOf } from './program.ts';
import type { Reaper } from './reaper.ts';

/** The sandbox is in a hurry: a real kubelet waits 10 s, doubled up to 5 min. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 5000;

export interface ContainerContext extends ProgramContext {
  reaper: Reaper;
  restartPolicy: 'Always' | 'OnFailure' | 'Never';
  output(text: string): void;
  /** The log so far becomes the previous one. */
  rotateLog(): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** The status has changed. */
  changed(): void;
}

export class ContainerLife {
  readonly status: ContainerStatus;
  readonly #container: Container;
  readonly #context: ContainerContext;
  readonly #stop = new AbortController();
  #running: Running | null = null;
  #graceMs = 0;
  #runs = 0;

  constructor(container: Container, context: ContainerContext, waitingFor: string) {
    this.#container = container;
    this.#context = context;
    this.status = {
      name: container.name,
      image: container.image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: waitingFor } },
      lastState: {},
    };
  }

  /** Runs it until it is not to be restarted any more, or is stopped; the last exit code, if any. */
  async run(): Promise<number | null> {
    const { restartPolicy } = this.#context;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.#stop.signal.aborted) {
      if (!(await this.#hasImage())) {
        await this.#pause(backoffMs);
        if (this.#stop.signal.aborted) break;
        this.#waitForPull();
        await this.#pause(backoffMs);
      } else {
        const exitCode = await this.#runOnce();
        const isWanted = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
        if (this.#stop.signal.aborted || (exitCode !== null && !isWanted)) return exitCode;
        if (exitCode !== null) await this.#backOff(backoffMs);
        else await this.#pause(backoffMs);
      }
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    }
    return this.status.state.terminated?.exitCode ?? null;
  }

  /** SIGTERM, the grace period, SIGKILL; no restart. */
  async stop(graceMs: number): Promise<void> {
    this.#graceMs = graceMs;
    this.#stop.abort();
    await this.#running?.stop(graceMs);
  }

  async #hasImage(): Promise<boolean> {
    const { image } = this.#container;
    const found = findImage(image);
    if (found.state === 'present') {
      if (this.#runs === 0) {
        this.#context.event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      }
      return true;
    }
    if (found.reason === 'InvalidImageName') {
      this.#wait('InvalidImageName', found.message);
      this.#context.event('Warning', 'InspectFailed', found.message);
      return false;
    }
    if (this.status.state.waiting?.reason !== 'ImagePullBackOff')
      this.#context.event('Normal', 'Pulling', `Pulling image "${image}"`);
    this.#context.event('Warning', 'Failed', `Failed to pull image "${image}": ${found.message}`);
    this.#context.event('Warning', 'Failed', 'Error: ErrImagePull');
    this.#wait('ErrImagePull', found.message);
    return false;
  }

  #waitForPull(): void {
    const { image } = this.#container;
    if (this.status.state.waiting?.reason !== 'ErrImagePull') return;
    const message = `Back-off pulling image "${image}"`;
    this.#context.event('Normal', 'BackOff', message);
    this.#context.event('Warning', 'Failed', 'Error: ImagePullBackOff');
    const found = findImage(image);
    const cause = found.state === 'absent' ? `: ErrImagePull: ${found.message}` : '';
    this.#wait('ImagePullBackOff', `${message}${cause}`);
  }

  /** Null when it could not be started for lack of what its environment names. */
  async #runOnce(): Promise<number | null> {
    const { event } = this.#context;
    const startedAt = apiTime(Date.now());
    const containerID = `containerd://${this.#context.pod.metadata.uid}/${this.#container.name}/${this.#runs++}`;
    let running: Running;
    try {
      const restore = restorer(this.#context.mounts);
      running = await startProcess({
        ...programOf(this.#container, this.#context),
        reaper: this.#context.reaper,
        output: (text) => this.#context.output(restore(text)),
      });
    } catch (error) {
      if (error instanceof ConfigFault) {
        this.#wait('CreateContainerConfigError', error.message);
        event('Warning', 'Failed', `Error: ${error.message}`);
        return null;
      }
      if (!(error instanceof StartFault)) throw error;
      event('Warning', 'Failed', `Error: ${error.message}`);
      this.#end({
        exitCode: 128,
        reason: 'StartError',
        message: error.message,
        startedAt,
        finishedAt: startedAt,
        containerID,
      });
      return 128;
    }
    this.#running = running;
    if (this.#stop.signal.aborted) void running.stop(this.#graceMs);
    event('Normal', 'Created', `Container created`);
    event('Normal', 'Started', `Container started`);
    const hasEnded = new AbortController();
    this.status.containerID = containerID;
    this.status.imageID = `sha256:${this.#container.image}`;
    this.status.state = { running: { startedAt } };
    this.status.started = !this.#container.startupProbe;
    this.status.ready = this.status.started && !this.#container.readinessProbe;
    this.#context.changed();
    const probing = this.#probe(hasEnded.signal);
    const ended = await running.ended;
    hasEnded.abort();
    await probing;
    this.#running = null;
    this.#end(terminated(ended, startedAt, containerID));
    return ended.exitCode;
  }

  #end(end: Terminated): void {
    this.status.ready = false;
    this.status.started = false;
    this.status.state = { terminated: end };
    this.#context.changed();
  }

  async #backOff(ms: number): Promise<void> {
    const { metadata } = this.#context.pod;
    this.status.lastState = this.status.state;
    const who = `container=${this.#container.name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`;
    this.#context.event('Warning', 'BackOff', `Back-off restarting failed container ${who}`);
    this.#wait('CrashLoopBackOff', `back-off ${ms / 1000}s restarting failed ${who}`);
    await this.#pause(ms);
    if (this.#stop.signal.aborted) return;
    this.status.restartCount += 1;
    this.#context.rotateLog();
  }

  #wait(reason: string, message: string): void {
    this.status.state = { waiting: { reason, message } };
    this.#context.changed();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  /** Runs the container's probes until it ends. */
  #probe(ended: AbortSignal): Promise<void> {
    return runProbes(this.#container, {
      place: this.#context.place,
      ended,
      run: (command, timeoutMs) => this.#runInside(command, timeoutMs),
      unhealthy: (message) => this.#context.event('Warning', 'Unhealthy', message),
      setStarted: (isUp) => {
        this.status.started = isUp;
        if (isUp && !this.#container.readinessProbe) this.status.ready = true;
        this.#context.changed();
      },
      setReady: (isUp) => {
        this.status.ready = isUp;
        this.#context.changed();
      },
      kill: (name) => {
        const message = `Container ${this.#container.name} failed ${name} probe, will be restarted`;
        this.#context.event('Normal', 'Killing', message);
        void this.#running?.stop((this.#context.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
      },
    });
  }

  /** A command of a probe: its exit code, and what it printed. */
  async #runInside(command: string[], timeoutMs: number): Promise<{ exitCode: number; output: string }> {
    const { mounts, reaper } = this.#context;
    const restore = restorer(mounts);
    let output = '';
    try {
      const program = programOf(this.#container, this.#context, command);
      const run = await startProcess({ ...program, reaper, output: (text) => (output += restore(text)) });
      const timer = setTimeout(() => void run.stop(0), timeoutMs);
      const { exitCode } = await run.ended;
      clearTimeout(timer);
      return { exitCode, output };
    } catch (error) {
      return { exitCode: 126, output: (error as Error).message };
    }
  }
}

function terminated({ exitCode, signal }: Ended, startedAt: string, containerID: string): Terminated {
  return {
    exitCode,
    ...(signal === null ? {} : { signal }),
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt,
    finishedAt: apiTime(Date.now()),
    containerID,
  };
}

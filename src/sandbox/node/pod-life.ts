// The life of one pod on an emulated node: volumes, init containers, containers, status, end.
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { apiTime } from '../api/object.ts';
import { ContainerLife } from './container.ts';
import type { Recorder } from './events.ts';
import type { PodPlace } from './fields.ts';
import type { Mount } from './mounts.ts';
import { loopbackOf, type Namespace } from './namespace.ts';
import type { NodeCluster } from './node.ts';
import type { Container, Pod } from './pod.ts';
import { mountPod } from './pod-mounts.ts';
import { writePrograms } from './programs.ts';
import type { Reaper } from './reaper.ts';
import { type PodState, podStatus } from './status.ts';
import { type DataReader, MountFault, readData, type VolumeContext } from './volumes.ts';

const MOUNT_RETRY_MS = 500;
const DEFAULT_GRACE_SECONDS = 30;

export interface PodContext {
  cluster: NodeCluster;
  /** Where pods find the API server. */
  api: { host: string; port: number };
  record: Recorder;
  reaper: Reaper;
  tools: string;
  /** The sandbox's own; the node's lies in it. */
  sandboxFolder: string;
  nodeFolder: string;
  hostRoot: string;
  hostIp: string;
  podIp: string;
  imds: { address: string; port: number };
}

export class PodLife {
  readonly #pod: Pod;
  readonly #context: PodContext;
  readonly #place: PodPlace;
  readonly #folder: string;
  readonly #lives: ContainerLife[];
  readonly #initLives: ContainerLife[];
  readonly #stop = new AbortController();
  readonly #state: PodState;
  #deadline: NodeJS.Timeout | null = null;
  #isGone = false;
  readonly #done: Promise<void>;

  constructor(pod: Pod, context: PodContext) {
    this.#pod = pod;
    this.#context = context;
    const podIp = pod.spec.hostNetwork ? context.hostIp : context.podIp;
    this.#place = { podIp, hostIp: context.hostIp };
    this.#folder = join(context.nodeFolder, 'pods', pod.metadata.uid!);
    const mounts: Record<string, Mount[]> = {};
    const live = (container: Container, waitingFor: string, isInit: boolean): ContainerLife => {
      mounts[container.name] = [];
      return this.#containerLife(container, waitingFor, isInit, () => mounts[container.name]!);
    };
    const inits = pod.spec.initContainers ?? [];
    const waitingFor = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    this.#initLives = inits.map((container) => live(container, 'PodInitializing', true));
    this.#lives = pod.spec.containers.map((container) => live(container, waitingFor, false));
    this.#state = {
      startedAt: apiTime(Date.now()),
      podIp,
      hostIp: context.hostIp,
      containers: this.#lives.map(({ status }) => status),
      initContainers: this.#initLives.map(({ status }) => status),
      isInitialized: inits.length === 0,
      failure: null,
    };
    this.#done = this.#live(mounts);
  }

  /** The API has asked for its end: stops what runs, then takes the pod from the API. */
  async end(
    graceSeconds = this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
  ): Promise<void> {
    this.#stop.abort();
    await this.#stopContainers(graceSeconds * 1000);
    await this.#done;
    this.#isGone = true;
    if (this.#deadline) clearTimeout(this.#deadline);
    rmSync(this.#folder, { recursive: true, force: true });
    const { namespace = '', name, uid } = this.#pod.metadata;
    const { store, removePod } = this.#context.cluster;
    if (store.get('pods', namespace, name)?.metadata.uid === uid) removePod(namespace, name);
  }

  async #live(mounts: Record<string, Mount[]>): Promise<void> {
    this.#publish();
    const { activeDeadlineSeconds } = this.#pod.spec;
    if (activeDeadlineSeconds !== undefined) {
      this.#deadline = setTimeout(() => void this.#exceedDeadline(), activeDeadlineSeconds * 1000);
    }
    if (!(await this.#mountVolumes(mounts))) return;
    if (!(await this.#initialise())) return;
    await Promise.all(this.#lives.map((life) => life.run()));
    if (this.#deadline) clearTimeout(this.#deadline);
    await Promise.all(this.#initLives.map((life) => life.stop(0)));
    this.#publish();
  }

  /** False when the pod ended before all its volumes could be made. */
  async #mountVolumes(mounts: Record<string, Mount[]>): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      try {
        for (const [name, list] of Object.entries(mountPod(this.#pod, this.#volumeContext()))) {
          mounts[name]!.push(...list);
          writePrograms(this.#programs(name), {
            tools: this.#context.tools,
            namespace: { ...this.#namespace(), mounts: list },
          });
        }
        return true;
      } catch (error) {
        if (!(error instanceof MountFault)) throw error;
        this.#context.record(this.#pod, 'Warning', 'FailedMount', error.message);
      }
      await sleep(MOUNT_RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    return false;
  }

  #volumeContext(): VolumeContext {
    const { cluster, hostRoot } = this.#context;
    const { namespace = '' } = this.#pod.metadata;
    return {
      pod: this.#pod,
      place: this.#place,
      read: this.#read,
      token: ({ audience, expirationSeconds }) =>
        cluster.issueToken(namespace, this.#pod.spec.serviceAccountName ?? 'default', {
          pod: this.#pod,
          ...(audience !== undefined && { audiences: [audience] }),
          ...(expirationSeconds !== undefined && { expiresInSeconds: expirationSeconds }),
        }),
      podFolder: this.#folder,
      hostRoot,
    };
  }

  /** Runs the init containers one by one; one that restarts always goes on beside the others. */
  async #initialise(): Promise<boolean> {
    for (const [index, life] of this.#initLives.entries()) {
      if (this.#pod.spec.initContainers![index]!.restartPolicy === 'Always') {
        void life.run();
        while (!life.status.started && !this.#stop.signal.aborted) await sleep(50);
      } else if ((await life.run()) !== 0) {
        this.#publish();
        return false;
      }
      if (this.#stop.signal.aborted) return false;
    }
    this.#state.isInitialized = true;
    this.#publish();
    return true;
  }

  async #exceedDeadline(): Promise<void> {
    this.#state.failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#stop.abort();
    await this.#stopContainers(
      (this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000,
    );
    this.#publish();
  }

  async #stopContainers(graceMs: number): Promise<void> {
    for (const { status } of this.#lives) {
      if (status.state.running) {
        this.#context.record(
          this.#pod,
          'Normal',
          'Killing',
          `Stopping container ${status.name}`,
          status.name,
        );
      }
    }
    await Promise.all([...this.#lives, ...this.#initLives].map((life) => life.stop(graceMs)));
  }

  #publish(): void {
    if (this.#isGone) return;
    const { store, setPodStatus } = this.#context.cluster;
    const { namespace = '', name, uid } = this.#pod.metadata;
    const current = store.get('pods', namespace, name) as Pod | null;
    if (current?.metadata.uid !== uid) return;
    const status = structuredClone(podStatus(current!, this.#state));
    if (!isDeepStrictEqual(current!.status, status)) setPodStatus(namespace, name, status);
  }

  #containerLife(
    container: Container,
    waitingFor: string,
    isInit: boolean,
    mounts: () => Mount[],
  ): ContainerLife {
    const { cluster, api, record, reaper, nodeFolder } = this.#context;
    const pod = this.#pod;
    const uid = pod.metadata.uid!;
    const temporary = join(this.#folder, 'tmp');
    mkdirSync(temporary, { recursive: true });
    const { restartPolicy = 'Always' } = pod.spec;
    const context = {
      pod,
      place: this.#place,
      get mounts() {
        return mounts();
      },
      read: this.#read,
      reaper,
      podFolder: this.#folder,
      baseEnvironment: {
        PATH: `${this.#programs(container.name)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: temporary,
        TMPDIR: temporary,
        HOSTNAME: pod.spec.hostNetwork ? (pod.spec.nodeName ?? nodeFolder) : pod.metadata.name,
        KUBERNETES_SERVICE_HOST: api.host,
        KUBERNETES_SERVICE_PORT: String(api.port),
        KUBERNETES_SERVICE_PORT_HTTPS: String(api.port),
      },
      restartPolicy:
        isInit && container.restartPolicy !== 'Always'
          ? restartPolicy === 'Never'
            ? ('Never' as const)
            : ('OnFailure' as const)
          : (container.restartPolicy ?? restartPolicy),
      output: (text: string) => cluster.logs.append(uid, container.name, text),
      rotateLog: () => cluster.logs.restart(uid, container.name),
      event: (type: 'Normal' | 'Warning', reason: string, message: string) =>
        record(pod, type, reason, message, container.name),
      changed: () => this.#publish(),
    };
    return new ContainerLife(container, context, waitingFor);
  }

  #programs(container: string): string {
    return join(this.#folder, 'bin', container);
  }

  #namespace(): Omit<Namespace, 'mounts'> {
    const { nodeFolder, hostIp, imds, sandboxFolder, tools } = this.#context;
    const address = this.#place.podIp;
    return {
      address,
      loopback: loopbackOf(address),
      isPod: !this.#pod.spec.hostNetwork,
      hostAddress: hostIp,
      nodeFolder,
      imds,
      outside: [sandboxFolder, tools, dirname(process.execPath)],
    };
  }

  readonly #read: DataReader = (kind, name) =>
    readData(this.#context.cluster.store, this.#pod.metadata.namespace ?? '', kind, name);
}

// A daemon as deployed, from dist, behind the real rule of a node, with an API server, an AWS and a
// metadata service behind it; and clients, each alone in a pod's network namespace.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CONTAINER_AUDIENCE,
  CONTAINER_IPV4,
  CONTAINER_PATH,
} from '../../../src/model/container-credentials.ts';
import { NODE_IP, stop } from './netns.ts';
import { type Client, RunningClient } from './sdk-clients.ts';
import { ACCOUNT, REGION, type SdkLab } from './sdk-lab.ts';

export interface ClientOptions {
  sts?: string;
  region?: string | null;
  env?: Record<string, string>;
}

const bundle = fileURLToPath(new URL('../../../dist/proxy/proxy.cjs', import.meta.url));

export class SdkWorld {
  readonly lab: SdkLab;
  readonly #dir = mkdtempSync(join(tmpdir(), 'pod-iam-sdks-'));
  readonly #pods = new Map<string, string>();
  readonly #clients: RunningClient[] = [];
  /** The end of what was logged on the node. */
  #log = '';
  #redirect: ChildProcess | null = null;
  #daemon: ChildProcess | null = null;

  constructor(lab: SdkLab) {
    this.lab = lab;
    for (const folder of ['api', 'state', 'home']) mkdirSync(join(this.#dir, folder));
    writeFileSync(join(this.#dir, 'api/token'), lab.api.token);
    writeFileSync(join(this.#dir, 'api/ca.crt'), lab.api.ca);
  }

  /** The rule, kept as in the DaemonSet. */
  async startRedirect(flags: string[] = []): Promise<void> {
    if (this.#redirect) await stop(this.#redirect);
    this.#redirect = this.#onNode(['redirect', `--host-ip=${NODE_IP}`, ...flags], {});
    this.#log = '';
    await this.#until('the rule is in place', () => this.#log.includes('redirect in place'));
  }

  /** As in the DaemonSet, in place of the one before; resolves when it is ready. @param env such as keys */
  async startDaemon(flags: string[] = [], env: Record<string, string> = {}): Promise<void> {
    if (this.#daemon) await stop(this.#daemon);
    this.#daemon = this.#onNode(
      [
        `--host-ip=${NODE_IP}`,
        `--admin-addr=${NODE_IP}:8182`,
        '--redirect=required',
        '--node=node-1',
        `--api-server=${this.lab.api.url}`,
        `--base-role-arn=arn:aws:iam::${ACCOUNT}:role/`,
        `--sts-endpoint=${this.lab.aws.url}`,
        ...flags,
      ],
      env,
    );
    await this.#until('the daemon is ready', async () => (await this.#admin('readyz')).ok);
  }

  /**
   * The client's pod as a new one: another uid, and another name for each purpose.
   * @param hasAddress false for a pod whose address the API server does not know
   */
  putPod({ name }: Client, purpose: string, role: string | null, hasAddress = true): void {
    this.removePod(name);
    const uid = `${name}-${purpose}-uid`;
    const [podIP, ipv6] = this.lab.network.podIps(name);
    this.lab.api.put('pods', {
      metadata: {
        name: `${name}-${purpose}`,
        namespace: 'shop',
        uid,
        creationTimestamp: new Date().toISOString(),
        annotations: role === null ? {} : { 'iam.amazonaws.com/role': role },
      },
      spec: { nodeName: 'node-1', serviceAccountName: 'default' },
      status: { phase: 'Running', ...(hasAddress && { podIP, podIPs: [{ ip: podIP }, { ip: ipv6 }] }) },
    });
    this.#pods.set(name, uid);
  }

  removePod(name: string): void {
    this.lab.api.remove('pods', this.#pods.get(name) ?? '');
  }

  /** Who the client's pod is, when it is itself. */
  arnOf = ({ name }: Client, purpose: string, account = ACCOUNT): string =>
    `arn:aws:sts::${account}:assumed-role/${name}/shop.${name}-${purpose}`;

  /**
   * Starts the client in its pod with nothing of this machine's environment; resolves when it waits for a
   * command. @param region null for none @param env more for it
   */
  async startClient({ name, argv }: Client, options: ClientOptions = {}): Promise<RunningClient> {
    const { sts = this.lab.aws.url, region = REGION, env = {} } = options;
    const given = assignments({
      PATH: process.env['PATH'],
      HOME: join(this.#dir, 'home'),
      AWS_ENDPOINT_URL_STS: sts,
      ...(region !== null && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
      ...env,
    });
    const running = await RunningClient.of(this.#in(name, ['env', '-i', ...given, ...argv]));
    this.#clients.push(running);
    return running;
  }

  /** Variables by which a client asks the container credentials' endpoint with its pod's own token. */
  containerEnvironment({ name }: Client, purpose: string): Record<string, string> {
    const file = join(this.#dir, `${name}.token`);
    const token = this.lab.api.tokens.issue({
      audiences: [CONTAINER_AUDIENCE],
      namespace: 'shop',
      serviceAccount: 'default',
      pod: { name: `${name}-${purpose}`, uid: this.#pods.get(name)! },
      node: 'node-1',
      expiresInSeconds: 3600,
    });
    writeFileSync(file, token);
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${CONTAINER_IPV4}${CONTAINER_PATH}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
    };
  }

  endClients(): void {
    for (const client of this.#clients.splice(0)) client.end();
  }

  /** How many requests of a route the daemon has answered since it started. */
  async answered(route: string): Promise<number> {
    const text = await (await this.#admin('metrics')).text();
    const lines = text.matchAll(new RegExp(`^pod_iam_requests_total\\{route="${route}".*\\} (\\d+)$`, 'gm'));
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Waits until each pod with a role that STS gives has its credentials in the daemon's hands. */
  async prefetched(count: number): Promise<void> {
    await until(`${count} identities held`, async () =>
      (await (await this.#admin('metrics')).text()).includes(`\npod_iam_credentials_held ${count}\n`),
    );
  }

  /** Requests of pods that got past the node to the real metadata service. */
  escaped = (): string[] =>
    this.lab.imds.requests
      .filter(({ from }) => from === this.lab.network.podsSeenAs)
      .map(({ method, path }) => `${method} ${path}`);

  async close(): Promise<void> {
    this.endClients();
    for (const child of [this.#daemon, this.#redirect]) if (child) await stop(child);
    rmSync(this.#dir, { recursive: true });
  }

  #onNode(words: string[], env: Record<string, string>): ChildProcess {
    const given = assignments({
      PATH: process.env['PATH'],
      NODE_NAME: 'node-1',
      POD_IAM_API_DIR: join(this.#dir, 'api'),
      ...env,
    });
    const state = `--state-dir=${join(this.#dir, 'state')}`;
    const child = this.#in('node', ['env', '-i', ...given, process.execPath, bundle, ...words, state]);
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-4_000);
      });
    return child;
  }

  #in(namespace: string, argv: string[]): ChildProcess {
    const words = ['netns', 'exec', this.lab.network.world.name(namespace), ...argv];
    return spawn('ip', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  }

  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, holds).catch((error: Error) => {
      throw new Error(`${error.message}; the last that was said on the node: ${this.#log}`);
    });
  }

  #admin = (path: string): Promise<Response> => fetch(`${this.lab.network.admin}/${path}`);
}

const assignments = (env: Record<string, string | undefined>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

/** Waits until something holds; fails after a minute. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  everyMs = 10,
): Promise<void> {
  for (const endMs = Date.now() + 60_000; Date.now() < endMs; await delay(everyMs)) {
    if (await Promise.resolve(holds()).catch(() => false)) return;
  }
  throw new Error(`not in time: ${what}`);
}

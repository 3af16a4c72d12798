// A daemon with all that it talks to, real down to the sockets: a Kubernetes API over HTTPS, an STS
// that verifies signatures and trust, and an instance metadata service. Each pod is a loopback
// address that requests are sent from.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { type Daemon, startDaemon } from '../../src/proxy/daemon.ts';
import { createLog } from '../../src/proxy/log.ts';
import { readSettings } from '../../src/proxy/settings.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  type EmulatedImds,
  startEmulatedAws,
  startEmulatedImds,
  trusting,
  trustingEc2,
} from '../../src/sandbox/aws/index.ts';
import { type ApiObject, startWatchApi, type WatchApi } from '../helpers/watch-api.ts';

export const ACCOUNT = '111122223333';
export const BASE = `arn:aws:iam::${ACCOUNT}:role/`;
export const NODE_ROLE = `${BASE}node`;
export const CREDENTIALS = '/latest/meta-data/iam/security-credentials/';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  ms: number;
}

export interface World {
  api: WatchApi;
  aws: EmulatedAws;
  imds: EmulatedImds;
  daemon: Daemon;
  stateDir: string;
  /** All that the daemon has logged. */
  log: () => string;
  lines: (msg: string) => Record<string, unknown>[];
  /** A pod of node-1; every call with one name is the same pod. */
  pod(name: string, options?: PodOptions): ApiObject;
  removePod(name: string): void;
  assumes: (role?: string) => number;
  send(from: string, method: string, path: string, headers?: Record<string, string>): Promise<Reply>;
  /** Sends these bytes as they are; resolves to all that comes back until the end, or hangs up after a time. */
  raw(from: string, bytes: string, hangUpMs?: number): Promise<string>;
  token(from: string, ttl?: number): Promise<string>;
  /** GET with a session token of that address. */
  get(from: string, path: string): Promise<Reply>;
  admin(path: string): Promise<Reply>;
  restart(flags?: string[]): Promise<void>;
  close(): Promise<void>;
}

export interface PodOptions {
  ip?: string | null;
  ips?: string[];
  role?: string | null;
  annotations?: Record<string, string>;
  namespace?: string;
  phase?: string;
  hostNetwork?: boolean;
  serviceAccount?: string;
  /** Audience of a projected token. */
  mounts?: string;
  terminating?: boolean;
  node?: string;
  uid?: string;
}

/** @param flags of the daemon, besides those that tie it to this world */
export async function startWorld(flags: string[] = [], partition = 'aws'): Promise<World> {
  const api = await startWatchApi();
  const builder = buildAws(ACCOUNT, partition);
  const base = BASE.replace('arn:aws:', `arn:${partition}:`);
  builder.role('node', { trust: trustingEc2(), policy: allowing('sts:AssumeRole') });
  for (const role of ['blue', 'red', 'team/green']) builder.role(role, { trust: trusting(`${base}node`) });
  builder.role('closed', { trust: trusting(`${base}someone-else`) });
  const aws = await startEmulatedAws({ state: builder.state });
  const imds = await startEmulatedImds({
    aws,
    instance: {
      id: 'i-0123456789abcdef0',
      account: ACCOUNT,
      region: 'eu-west-1',
      zone: 'eu-west-1a',
      privateIp: '10.0.0.1',
      role: 'node',
      userData: 'secret=hunter2',
    },
  });
  const stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  writeFileSync(join(stateDir, 'token.key'), Buffer.alloc(32, 7));
  let logged = '';
  const sink = {
    write: (line: string) => {
      logged += line;
    },
  };
  writeFileSync(join(stateDir, 'token'), api.token);
  writeFileSync(join(stateDir, 'ca.crt'), api.ca);
  const start = async (extra: string[]): Promise<Daemon> =>
    startDaemon(
      readSettings(
        parseDaemonFlags([
          '--app-port=0',
          '--admin-addr=127.0.0.1:0',
          '--node=node-1',
          `--api-server=${api.url}`,
          `--sts-endpoint=${aws.url}`,
          `--metadata-addr=${imds.url.slice('http://'.length)}`,
          `--base-role-arn=${base}`,
          `--state-dir=${stateDir}`,
          '--redirect=external',
          ...extra,
        ]),
        { POD_IAM_API_DIR: stateDir },
      ),
      createLog('debug', sink),
    );

  const world: World = {
    api,
    aws,
    imds,
    daemon: await start(flags).catch(async (error: unknown) => {
      await Promise.all([api.close(), aws.close(), imds.close()]);
      throw error;
    }),
    stateDir,
    log: () => logged,
    lines: (msg) =>
      logged
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => line['msg'] === msg),
    pod(name, options = {}) {
      const object = podObject(name, options);
      api.put('pods', object);
      return object;
    },
    removePod: (name) => api.remove('pods', `uid-${name}`),
    assumes: (role) =>
      aws.requests.filter(
        ({ action, parameters }) =>
          action === 'AssumeRole' && (role === undefined || parameters['RoleArn'] === BASE + role),
      ).length,
    send: (from, method, path, headers = {}) =>
      request(world.daemon.address.port, from, method, path, { host: '169.254.169.254', ...headers }),
    raw: (from, bytes, hangUpMs) => raw(world.daemon.address.port, from, bytes, hangUpMs),
    async token(from, ttl = 21_600) {
      const { body } = await world.send(from, 'PUT', '/latest/api/token', {
        'x-aws-ec2-metadata-token-ttl-seconds': String(ttl),
      });
      return body;
    },
    async get(from, path) {
      return world.send(from, 'GET', path, { 'x-aws-ec2-metadata-token': await world.token(from) });
    },
    admin: (path) => request(world.daemon.admin.port, '127.0.0.1', 'GET', path, {}),
    async restart(extra = flags) {
      await world.daemon.close();
      world.daemon = await start(extra);
    },
    async close() {
      await world.daemon.close();
      await Promise.all([api.close(), aws.close(), imds.close()]);
      rmSync(stateDir, { recursive: true });
    },
  };
  return world;
}

function podObject(name: string, options: PodOptions): ApiObject {
  const { ip = null, ips, role = null, annotations = {}, namespace = 'shop' } = options;
  return {
    metadata: {
      name,
      namespace,
      uid: options.uid ?? `uid-${name}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { ...(role !== null && { 'iam.amazonaws.com/role': role }), ...annotations },
      ...(options.terminating && { deletionTimestamp: '2026-01-01T00:01:00Z' }),
    },
    spec: {
      nodeName: options.node ?? 'node-1',
      hostNetwork: options.hostNetwork ?? false,
      serviceAccountName: options.serviceAccount ?? 'default',
      ...(options.mounts && {
        volumes: [
          { name: 'code', configMap: { name: 'code' } },
          { name: 'token', projected: { sources: [{ serviceAccountToken: { audience: options.mounts } }] } },
        ],
      }),
    },
    status: {
      phase: options.phase ?? 'Running',
      ...(ip !== null && { podIP: ip, podIPs: (ips ?? [ip]).map((one) => ({ ip: one })) }),
    },
  };
}

function request(
  port: number,
  from: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Reply> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      {
        host: from.includes(':') ? '::1' : '127.0.0.1',
        port,
        method,
        path,
        headers,
        localAddress: from,
        agent: false,
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          body += chunk;
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body,
            ms: performance.now() - startedMs,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function raw(port: number, from: string, bytes: string, hangUpMs?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: from }, () => socket.write(bytes));
    if (hangUpMs !== undefined) setTimeout(() => socket.destroy(), hangUpMs);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

/**
 * Waits until something holds. The bound leaves room for a busy machine, and is shorter than what the daemon
 * itself waits before it looks again unasked (5 s and more): an event that is missed still fails.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 4_500,
): Promise<void> {
  const endMs = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

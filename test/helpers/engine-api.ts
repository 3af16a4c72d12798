// A Docker engine's API on a Unix socket, as far as the daemon asks it. It can be told to lose events, to
// be late with its headers, to hang and to go away, as real engines do.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeContainer {
  address: string;
  env: string[];
  name: string;
  state: 'created' | 'running';
}

export class EngineApi {
  readonly folder = mkdtempSync(join(tmpdir(), 'pod-iam-engine-'));
  readonly socket = join(this.folder, 'docker.sock');
  readonly host = `unix://${this.socket}`;
  readonly containers = new Map<string, FakeContainer>();
  readonly streams = new Set<ServerResponse>();
  /** `GET /v1.41/containers/json` and so on. */
  readonly requests: string[] = [];
  version = '1.41';
  /** No header of a stream is sent before its first event, as podman has it. */
  isShy = false;
  /** Questions about this container are answered when it is resolved. */
  hold: { id: string; until: Promise<void> } | null = null;
  #server: Server | null = null;

  start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    return new Promise((done) => this.#server!.listen(this.socket, done));
  }

  /** Goes away, and leaves its containers. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => (this.#server ? this.#server.close(done) : done(null)));
    this.#server = null;
  }

  run(id: string, address: string, more: Partial<FakeContainer> = {}): void {
    this.containers.set(id, { address, env: ['IAM_ROLE=blue'], name: id, state: 'running', ...more });
  }

  tell(event: object): void {
    for (const stream of this.streams) stream.write(`${JSON.stringify(event)}\n`);
  }

  event(Action: string, ID: string): void {
    this.tell({ Type: 'container', Action, Actor: { ID, Attributes: {} } });
  }

  count = (path: RegExp): number => this.requests.filter((request) => path.test(request)).length;

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    const [, version, path] = /^(?:\/v([\d.]+))?(\/[^?]*)/.exec(request.url!)!;
    if (path === '/_ping') response.writeHead(200, { 'api-version': this.version }).end('OK');
    else if (version !== this.version) refuse(response, 400, `client version ${version} is not supported`);
    else if (path === '/containers/json') {
      const running = [...this.containers].filter(([, { state }]) => state === 'running');
      response.end(JSON.stringify(running.map(([Id]) => ({ Id }))));
    } else if (path === '/events') {
      response.writeHead(200);
      if (!this.isShy) response.flushHeaders();
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    } else await this.#inspect(/^\/containers\/(\w+)\/json$/.exec(path!)?.[1] ?? '', response);
  }

  async #inspect(Id: string, response: ServerResponse): Promise<void> {
    const container = this.containers.get(Id);
    if (this.hold?.id === Id) await this.hold.until;
    if (!container) return refuse(response, 404, `No such container: ${Id}`);
    const { name, env: Env, state: Status, address: IPAddress } = container;
    const Networks = { bridge: { IPAddress: Status === 'running' ? IPAddress : '' } };
    response.end(
      JSON.stringify({
        ...{ Id, Name: `/${name}`, Config: { Env }, HostConfig: { NetworkMode: 'bridge' } },
        ...{ State: { Status, Running: Status === 'running' }, NetworkSettings: { Networks } },
      }),
    );
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status).end(JSON.stringify({ message }));
}

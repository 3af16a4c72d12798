// The watch on an engine over a real socket, with an engine that can be told to forget and to break.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog } from '../../../../src/proxy/log.ts';
import { kubeApi } from '../../../../src/proxy/who/api.ts';
import { engineConnection } from '../../../../src/proxy/who/docker/engine-connection.ts';
import { EngineWatch } from '../../../../src/proxy/who/docker/engine-watch.ts';
import { PodIndex } from '../../../../src/proxy/who/pod-index.ts';
import { until } from '../../world.ts';

class FakeEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'pod-iam-engine-'));
  readonly socket = join(this.folder, 'docker.sock');
  readonly containers = new Map<string, string>();
  readonly streams = new Set<ServerResponse>();
  lists = 0;
  #server = createServer((request, response) => {
    const path = request.url!.replace(/^\/v[\d.]+/, '').split('?')[0]!;
    const id = /^\/containers\/(\w+)\/json$/.exec(path)?.[1];
    if (path === '/events') {
      response.writeHead(200).flushHeaders();
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    } else if (path === '/containers/json') {
      this.lists++;
      response.end(JSON.stringify([...this.containers.keys()].map((Id) => ({ Id }))));
    } else if (id && this.containers.has(id)) response.end(JSON.stringify(this.#inspect(id)));
    else response.writeHead(404).end('{"message":"No such container"}');
  });

  #inspect(id: string): object {
    return {
      ...{ Id: id, Name: `/${id}`, State: { Running: true }, Config: { Env: ['IAM_ROLE=blue'] } },
      NetworkSettings: { Networks: { bridge: { IPAddress: this.containers.get(id) } } },
    };
  }

  start = (): Promise<void> => new Promise((done) => this.#server.listen(this.socket, done));
  tell(event: object): void {
    for (const stream of this.streams) stream.write(`${JSON.stringify(event)}\n`);
  }
  event = (Action: string, ID: string): void => this.tell({ Type: 'container', Action, Actor: { ID } });
  breakStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    rmSync(this.folder, { recursive: true });
  }
}

describe('the watch on a Docker engine', () => {
  let engine: FakeEngine;
  let pods: PodIndex;
  let watch: EngineWatch;
  let restarts: string[];
  let api: ReturnType<typeof kubeApi>;

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.containers.set('a', '172.17.0.2');
    await engine.start();
    pods = new PodIndex();
    restarts = [];
    api = kubeApi(engineConnection(`unix://${engine.socket}`, {}));
    watch = new EngineWatch({
      engine: api,
      settings: {
        accounts: { partition: 'aws', byName: {} },
        ...{ sessionKey: null, roleKey: 'IAM_ROLE', externalIdKey: 'IAM_EXTERNAL_ID' },
      },
      pods,
      log: createLog('silent'),
      onRestart: (reason) => restarts.push(reason),
    });
    await until('the list', () => watch.faults().length === 0);
    await until('the events', () => engine.streams.size === 1);
  });
  afterEach(async () => {
    watch.close();
    api.close();
    await engine.close();
  });

  const at = (address: string): string | null => pods.at(address)?.name ?? null;

  it('knows what ran before, what starts, and what ends', async () => {
    assert.equal(at('172.17.0.2'), 'a');
    engine.containers.set('b', '172.17.0.3');
    engine.event('start', 'b');
    await until('b', () => at('172.17.0.3') === 'b');
    engine.containers.delete('a');
    engine.event('die', 'a');
    await until('the end of a', () => at('172.17.0.2') === null);
  });

  it('gives a reused address to the newcomer, whatever comes first', async () => {
    engine.containers.set('b', '172.17.0.2');
    engine.event('start', 'b');
    await until('b', () => at('172.17.0.2') === 'b');
    engine.containers.delete('a');
    engine.event('die', 'a');
    await new Promise((done) => setTimeout(done, 30));
    assert.equal(at('172.17.0.2'), 'b');
  });

  it('looks again at a container that joins a network', async () => {
    engine.containers.set('a', '10.1.0.9');
    engine.tell({ Type: 'network', Action: 'connect', Actor: { ID: 'n', Attributes: { container: 'a' } } });
    await until('the new address', () => at('10.1.0.9') === 'a');
  });

  it('asks for a list when somebody unknown waits, since engines forget to tell', async () => {
    engine.containers.set('quiet', '172.17.0.9');
    await until('the doubt to count', () => {
      watch.doubt();
      return at('172.17.0.9') === 'quiet';
    });
    assert.ok(engine.lists <= 3, `${engine.lists} lists`);
  });

  it('keeps what it knows while the engine is away, and reads all anew when it is back', async () => {
    engine.containers.delete('a');
    engine.containers.set('c', '172.17.0.4');
    engine.breakStreams();
    assert.equal(at('172.17.0.2'), 'a');
    await until('c', () => at('172.17.0.4') === 'c');
    assert.equal(at('172.17.0.2'), null);
    assert.deepEqual(restarts, ['failed']);
  });
});

describe('where the engine is', () => {
  it('is the flag, else DOCKER_HOST, else the usual socket', () => {
    assert.equal(engineConnection(null, {}).socketPath, '/var/run/docker.sock');
    assert.equal(engineConnection(null, { DOCKER_HOST: 'unix:///x.sock' }).socketPath, '/x.sock');
    assert.equal(
      engineConnection('tcp://10.0.0.1:2375', { DOCKER_HOST: 'unix:///x' }).server,
      'http://10.0.0.1:2375/v1.24',
    );
    assert.equal(engineConnection('tcp://h:2376', { DOCKER_TLS_VERIFY: '1' }).server, 'https://h:2376/v1.24');
    assert.throws(
      () => engineConnection('ssh://h', {}),
      /--docker-host "ssh:\/\/h" is no address of a Docker engine/,
    );
  });
});

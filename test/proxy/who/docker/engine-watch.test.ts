// The watch on an engine over a real socket.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog } from '../../../../src/proxy/log.ts';
import { containerRecord } from '../../../../src/proxy/who/docker/container-record.ts';
import { Containers } from '../../../../src/proxy/who/docker/containers.ts';
import { dockerEngine, type Engine } from '../../../../src/proxy/who/docker/engine.ts';
import { engineConnection } from '../../../../src/proxy/who/docker/engine-connection.ts';
import { EngineWatch } from '../../../../src/proxy/who/docker/engine-watch.ts';
import { PodIndex } from '../../../../src/proxy/who/pod-index.ts';
import { EngineApi } from '../../../helpers/engine-api.ts';
import { until } from '../../world.ts';

const keys = { roleKey: 'r', externalIdKey: 'e', sessionKey: null };

describe('the watch on a Docker engine', () => {
  let api: EngineApi;
  let engine: Engine;
  let pods: PodIndex;
  let watch: EngineWatch;
  let restarts: string[];
  let log: string;

  beforeEach(async () => {
    api = new EngineApi();
    api.run('a', '172.17.0.2');
    await api.start();
    [pods, restarts, log] = [new PodIndex(), [], ''];
  });
  afterEach(async () => {
    watch.close();
    engine.close();
    await api.close();
  });

  async function follow(relistMs = 60_000): Promise<void> {
    engine = dockerEngine(engineConnection(api.host, {}));
    watch = new EngineWatch({
      ...{ engine, containers: new Containers(pods), relistMs },
      read: (object) => containerRecord(object, null, keys),
      log: createLog('warn', {
        write: (line: string) => {
          log += line;
        },
      }),
      onRestart: (reason) => restarts.push(reason),
    });
    await until('the list', () => watch.freshness.isSynced);
    await until('the events', () => api.streams.size === 1);
  }

  const at = (address: string): string | null => pods.at(address)?.name ?? null;
  const settled = () => new Promise((done) => setTimeout(done, 40));

  it('knows what ran before, what starts, what is renamed and what ends', async () => {
    await follow();
    assert.equal(at('172.17.0.2'), 'a');
    api.run('b', '172.17.0.3');
    api.event('start', 'b');
    await until('b', () => at('172.17.0.3') === 'b');
    api.run('b', '172.17.0.3', { name: 'bee' });
    api.event('rename', 'b');
    await until('its new name', () => at('172.17.0.3') === 'bee');
    api.containers.delete('a');
    api.event('die', 'a');
    await until('the end of a', () => at('172.17.0.2') === null);
    assert.equal(pods.get('a'), null);
  });

  it('knows a container before it starts, but answers for no address then', async () => {
    await follow();
    api.run('b', '172.17.0.3', { state: 'created' });
    api.event('create', 'b');
    await until('b', () => pods.get('b') !== null);
    assert.equal(at('172.17.0.3'), null);
  });

  it('speaks to each engine in its own version, and waits for headers that come late', async () => {
    api.version = '1.44';
    api.isShy = true;
    await follow();
    assert.equal(api.count(/^GET \/v1\.44\/events\?since=\d+&filters=/), 1);
    api.run('b', '172.17.0.3');
    api.event('start', 'b');
    await until('b', () => at('172.17.0.3') === 'b');
    assert.deepEqual([restarts, log], [[], '']);
  });

  it('gives an address to nobody while two have it, and to the newcomer once the other has ended', async () => {
    await follow();
    let release = (): void => {};
    api.hold = { id: 'a', until: new Promise((done) => (release = done)) };
    api.run('b', '172.17.0.2', { env: ['IAM_ROLE=red'] });
    api.event('start', 'b');
    await until('b', () => pods.get('b') !== null);
    assert.equal(at('172.17.0.2'), null);
    api.containers.delete('a');
    release();
    // The question is asked when b appears, without any event of a.
    api.hold = null;
    await watch.refresh('a');
    await until('b at its address', () => at('172.17.0.2') === 'b');
    assert.equal(log, '');
  });

  it('goes on giving it to nobody where both live, and says so', async () => {
    await follow();
    api.run('b', '172.17.0.2');
    api.event('start', 'b');
    await until('the warning', () => log.includes('served to none'), 20_000);
    assert.equal(at('172.17.0.2'), null);
    const asked = api.requests.length;
    await settled();
    assert.equal(api.requests.length, asked);
    api.containers.delete('b');
    api.event('die', 'b');
    await until('a again', () => at('172.17.0.2') === 'a');
  });

  it('looks again at a container that joins a network', async () => {
    await follow();
    api.run('a', '10.1.0.9');
    api.tell({ Type: 'network', Action: 'connect', Actor: { ID: 'n', Attributes: { container: 'a' } } });
    await until('the new address', () => at('10.1.0.9') === 'a');
    assert.equal(at('172.17.0.2'), null);
  });

  it('asks about nothing when a health check runs in a container', async () => {
    await follow();
    const asked = api.requests.length;
    for (const action of ['exec_create: /bin/check', 'exec_start: /bin/check', 'exec_die', 'health_status'])
      api.event(action, 'a');
    // Events are taken in their order: when the last has told, the others have been passed over.
    api.run('b', '172.17.0.3');
    api.event('start', 'b');
    await until('b', () => at('172.17.0.3') === 'b');
    assert.equal(api.requests.length, asked + 1);
  });

  it('asks for a list when somebody unknown waits, since engines forget to tell', async () => {
    await follow();
    const lists = () => api.count(/containers\/json$/);
    const before = lists();
    api.run('quiet', '172.17.0.9');
    for (let i = 0; i < 20; i++) watch.doubt();
    await until('quiet', () => at('172.17.0.9') === 'quiet');
    assert.equal(lists(), before + 1);
  });

  it('finds by itself what no event tells of', async () => {
    await follow(20);
    api.run('quiet', '172.17.0.9');
    api.containers.delete('a');
    await until('quiet', () => at('172.17.0.9') === 'quiet');
    await until('the end of a', () => at('172.17.0.2') === null);
  });

  it('takes no answer for true that may be older than the question', async () => {
    await follow();
    let release = (): void => {};
    api.hold = { id: 'a', until: new Promise((done) => (release = done)) };
    const old = watch.refresh('a');
    await until('the question', () => api.count(/containers\/a\/json$/) === 2);
    api.containers.delete('a');
    const fresh = watch.refresh('a');
    release();
    await old;
    assert.equal(at('172.17.0.2'), 'a');
    await fresh;
    assert.equal(at('172.17.0.2'), null);
  });

  it('keeps what it knows while the engine is away, says so, and reads all anew when it is back', async () => {
    await follow();
    await api.stop();
    await until('the failure', () => watch.freshness.failure !== null);
    assert.equal(at('172.17.0.2'), 'a');
    assert.equal(watch.freshness.isBlind, false);
    await watch.refresh('a');
    assert.equal(at('172.17.0.2'), 'a');
    api.containers.delete('a');
    api.run('c', '172.17.0.4');
    await api.start();
    await until('c', () => at('172.17.0.4') === 'c', 20_000);
    assert.equal(at('172.17.0.2'), null);
    await until('no failure', () => watch.freshness.failure === null);
    assert.match(log, /"why":"the Docker engine at unix:.* cannot be reached: /);
    assert.ok(restarts.includes('failed'), restarts.join());
  });
});

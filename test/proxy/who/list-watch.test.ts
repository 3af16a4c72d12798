// The watch against a server that does what real ones do: pages, ends, breaks, forgets and falls silent.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createLog } from '../../../src/proxy/log.ts';
import { type KubeApi, kubeApi } from '../../../src/proxy/who/api.ts';
import { ListWatch } from '../../../src/proxy/who/list-watch.ts';
import { type ApiObject, startWatchApi, type WatchApi } from '../../helpers/watch-api.ts';
import { until } from '../world.ts';

describe('list and watch', () => {
  let server: WatchApi;
  let api: KubeApi;
  let watch: ListWatch<ApiObject>;
  let restarts: string[];
  let known: Map<string, string>;

  beforeEach(async () => {
    server = await startWatchApi();
    api = kubeApi({
      server: server.url,
      insecure: false,
      credentials: () => ({ token: server.token, ca: server.ca }),
    });
    restarts = [];
    known = new Map();
  });
  afterEach(async () => {
    watch.close();
    api.close();
    await server.close();
  });

  function start(watchSeconds?: readonly [number, number]): void {
    watch = new ListWatch({
      api,
      log: createLog('silent'),
      path: '/api/v1/pods',
      query: { fieldSelector: 'spec.nodeName=n1' },
      read: (object) => object as ApiObject,
      replace: (objects) => {
        known = new Map(objects.map(({ metadata }) => [metadata.uid, metadata.name]));
      },
      set: ({ metadata }) => known.set(metadata.uid, metadata.name),
      remove: ({ metadata }) => known.delete(metadata.uid),
      onRestart: (reason) => restarts.push(reason),
      ...(watchSeconds && { watchSeconds }),
    });
  }
  const put = (uid: string, name = uid) =>
    server.put('pods', { metadata: { name, uid }, spec: { nodeName: 'n1' } });
  const watching = () => until('a watch', () => watch.freshness.isSynced && server.openWatches() === 1);
  const lists = () => server.requests.filter((request) => request.startsWith('LIST')).length;

  test('reads all pages and only then is synced', async () => {
    server.pageSize = 2;
    for (const uid of ['a', 'b', 'c', 'd', 'e']) put(uid);
    start();
    assert.equal(watch.freshness.isSynced, false);
    await watching();
    assert.deepEqual([...known.keys()], ['a', 'b', 'c', 'd', 'e']);
    assert.equal(lists(), 3);
    assert.equal(watch.freshness.failure, null);
  });

  test('asks for bookmarks, an end, and the objects of its node from where the list was', async () => {
    start();
    await watching();
    const query = new URLSearchParams(server.requests.at(-1)!.split('?')[1]);
    assert.equal(query.get('allowWatchBookmarks'), 'true');
    assert.equal(query.get('fieldSelector'), 'spec.nodeName=n1');
    assert.equal(query.get('resourceVersion'), '100');
    const seconds = Number(query.get('timeoutSeconds'));
    assert.ok(seconds >= 25 && seconds <= 40, String(seconds));
  });

  test('follows what is added, changed and deleted', async () => {
    start();
    await watching();
    put('a', 'one');
    put('b', 'two');
    put('a', 'uno');
    server.remove('pods', 'b');
    await until('all events', () => known.get('a') === 'uno' && !known.has('b'));
  });

  test('goes on within a moment after the server has ended the watch, and misses nothing', async () => {
    start();
    await watching();
    server.endWatches();
    put('meanwhile');
    const startedMs = Date.now();
    await until('the event', () => known.has('meanwhile'));
    // Not only after the longest pause (5 s), nor with the next list.
    assert.ok(Date.now() - startedMs < 2_500);
    assert.equal(lists(), 1);
  });

  test('goes on after a broken connection', async () => {
    start();
    put('a');
    await until('a', () => known.has('a'));
    server.breakWatches();
    put('b');
    await until('b', () => known.has('b'));
    assert.equal(lists(), 1);
  });

  test('starts from a bookmark, so that a forgotten past does not matter', async () => {
    start();
    await watching();
    server.forget();
    const sentAtMs = performance.now();
    server.bookmark();
    await until('the bookmark', () => performance.now() - watch.freshness.silentMs! > sentAtMs);
    server.endWatches();
    put('late');
    await until('late', () => known.has('late'));
    assert.equal(lists(), 1);
    assert.ok(!restarts.includes('gone'));
  });

  test('lists anew when its point is forgotten, and drops what has gone meanwhile', async () => {
    put('stays');
    put('goes');
    start();
    await watching();
    server.deafenWatches();
    server.remove('pods', 'goes');
    server.forget();
    server.breakWatches();
    await until('a second list', () => lists() === 2 && !known.has('goes'));
    assert.deepEqual([...known.keys()], ['stays']);
    assert.ok(restarts.includes('gone'));
  });

  test('lists anew when the watch says 410 in an event', async () => {
    start();
    await watching();
    server.say({ type: 'ERROR', object: { code: 410, message: 'too old' } });
    await until('a second list', () => lists() === 2);
  });

  test('survives any other error event and lines that are no JSON', async () => {
    start();
    await watching();
    server.say({ type: 'ERROR', object: { code: 500, message: 'storage is down' } });
    await until('noticed', () => restarts.includes('failed'));
    put('after');
    await until('after', () => known.has('after'));
  });

  test('takes a silent connection for dead at its end, and opens another', async () => {
    start([1, 1]);
    await watching();
    server.deafenWatches();
    put('unheard');
    await until('the event', () => known.has('unheard'), 20_000);
    assert.ok(restarts.includes('silent'));
  });

  test('is not synced, and says why, while the server refuses; then goes on by itself', async () => {
    server.refuse = 403;
    put('a');
    start();
    await until('the reason', () => /403: refused on purpose/.test(watch.freshness.failure ?? ''));
    assert.equal(watch.freshness.isSynced, false);
    server.refuse = null;
    await until('synced', () => watch.freshness.isSynced && known.has('a'), 20_000);
    assert.equal(watch.freshness.failure, null);
  });

  test('keeps what it knows while the server is away', async () => {
    put('a');
    start();
    await watching();
    server.refuse = 503;
    server.breakWatches();
    await until('the reason', () => /503/.test(watch.freshness.failure ?? ''));
    assert.deepEqual([watch.freshness.isSynced, [...known.keys()]], [true, ['a']]);
  });

  test('does not hammer a server that ends each watch at once', async () => {
    start();
    await watching();
    const timer = setInterval(() => server.endWatches(), 5);
    await new Promise((done) => setTimeout(done, 1_500));
    clearInterval(timer);
    assert.ok(restarts.length > 1 && restarts.length < 8, `${restarts.length} times`);
  });

  test('does not hammer a server that lists well and then always says 410', async () => {
    start();
    await watching();
    const gone = { type: 'ERROR', object: { code: 410, message: 'too old' } };
    const timer = setInterval(() => server.say(gone), 5);
    await new Promise((done) => setTimeout(done, 1_500));
    clearInterval(timer);
    assert.ok(restarts.length > 1 && restarts.length < 8, `${restarts.length} times`);
    put('after');
    await until('after', () => known.has('after'), 20_000);
  });
});

describe('the doubt about a silent watch', () => {
  test('a waiting caller has a new connection opened, from which the missed pod comes at once', async (t) => {
    const server = await startWatchApi();
    const api = kubeApi({ server: server.url, insecure: true, credentials: () => ({ token: server.token }) });
    const seen: string[] = [];
    t.mock.timers.enable({ apis: ['Date'], now: 0 });
    t.mock.method(performance, 'now', () => Date.now());
    const watch = new ListWatch({
      api,
      log: createLog('silent'),
      path: '/api/v1/pods',
      read: (object) => object as ApiObject,
      replace: () => {},
      set: ({ metadata }) => seen.push(metadata.uid),
      remove: () => {},
    });
    const real = async (holds: () => boolean) => {
      for (let i = 0; i < 1_000 && !holds(); i++) await new Promise((done) => setTimeout(done, 5));
      assert.ok(holds());
    };
    await real(() => server.openWatches() === 1);
    server.deafenWatches();
    server.put('pods', { metadata: { name: 'missed', uid: 'missed' } });
    watch.nudge();
    await new Promise((done) => setTimeout(done, 100));
    assert.equal(seen.length, 0, 'a watch heard of lately is trusted');
    t.mock.timers.setTime(6_000);
    watch.nudge();
    await real(() => seen.includes('missed'));
    watch.close();
    api.close();
    await server.close();
  });
});

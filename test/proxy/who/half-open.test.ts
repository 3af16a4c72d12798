// Connections to the API server that are dead without either end knowing: no FIN, no reset, and TCP's
// own keep-alive answered. Only the watch itself can tell.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createLog } from '../../../src/proxy/log.ts';
import { type KubeApi, kubeApi } from '../../../src/proxy/who/api.ts';
import { ListWatch } from '../../../src/proxy/who/list-watch.ts';
import { type SwallowingProxy, startSwallowingProxy } from '../../helpers/swallowing-proxy.ts';
import { type ApiObject, startWatchApi, type WatchApi } from '../../helpers/watch-api.ts';
import { until } from '../world.ts';

describe('a half-open connection', () => {
  let server: WatchApi;
  let proxy: SwallowingProxy;
  let api: KubeApi;
  let watch: ListWatch<ApiObject>;
  let known: Set<string>;
  let restarts: string[];

  beforeEach(async () => {
    server = await startWatchApi();
    proxy = await startSwallowingProxy(Number(new URL(server.url).port));
    api = kubeApi({
      server: `https://127.0.0.1:${proxy.port}`,
      insecure: false,
      credentials: () => ({ token: server.token, ca: server.ca }),
    });
    known = new Set();
    restarts = [];
    watch = new ListWatch({
      api,
      log: createLog('silent'),
      path: '/api/v1/pods',
      watchSeconds: [1, 1],
      read: (object) => object as ApiObject,
      replace: (all) => {
        known = new Set(all.map(({ metadata }) => metadata.uid));
      },
      set: ({ metadata }) => known.add(metadata.uid),
      remove: ({ metadata }) => known.delete(metadata.uid),
      onRestart: (reason) => restarts.push(reason),
    });
    await until('a watch', () => watch.freshness.isSynced && server.openWatches() === 1);
    // An idle connection beside the watch, as after an event was posted: it falls silent as well.
    await api.get('/api/v1/pods', {});
  });
  afterEach(async () => {
    watch.close();
    api.close();
    await proxy.close();
    await server.close();
  });

  test('is given up after its time, and nothing is asked on the others that may be as dead', async () => {
    proxy.swallow();
    server.put('pods', { metadata: { name: 'unheard', uid: 'unheard' } });
    await until('the pod', () => known.has('unheard'), 20_000);
    assert.ok(restarts.includes('silent'), String(restarts));
    assert.equal(watch.freshness.failure, null);
  });

  test('is given up at once when a caller waits and nothing was heard for a while', async (t) => {
    proxy.swallow();
    server.put('pods', { metadata: { name: 'unheard', uid: 'unheard' } });
    const now = performance.now.bind(performance);
    t.mock.method(performance, 'now', () => now() + 5_500);
    watch.nudge();
    await until('the pod', () => known.has('unheard'));
    assert.ok(restarts.includes('nudged'), String(restarts));
  });
});

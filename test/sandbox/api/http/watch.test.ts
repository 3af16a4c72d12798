import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmulatedCluster, startEmulatedCluster } from '../../../../src/sandbox/api/index.ts';
import { configMap } from '../helpers/objects.ts';
import { connectWire, type Wire } from '../helpers/wire.ts';

const path = '/api/v1/namespaces/default/configmaps?watch=true';

describe('a watch of the emulated server', () => {
  let cluster: EmulatedCluster;
  let wire: Wire;
  before(async () => {
    cluster = await startEmulatedCluster({ historyLimit: 10, bookmarkMs: 50 });
    wire = await connectWire(cluster.kubeconfig);
  });
  after(() => cluster.close());

  it('is told the current version again and again when it asks for bookmarks', async () => {
    const watch = await wire.watch(
      `${path}&resourceVersion=${cluster.store.version}&allowWatchBookmarks=true`,
    );
    cluster.store.put('secrets', configMap('elsewhere'));
    const version = String(cluster.store.version);
    const bookmark = await watch.next(
      ({ type, object }) => type === 'BOOKMARK' && object.metadata.resourceVersion === version,
    );
    watch.close();
    assert.deepEqual(bookmark.object, {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: version },
    });
  });

  it('gets none that it did not ask for', async () => {
    const watch = await wire.watch(`${path}&resourceVersion=${cluster.store.version}&timeoutSeconds=1`);
    await watch.ended;
    assert.deepEqual(watch.events, []);
  });

  it('gets 410 once its version has left the history, and not before', async () => {
    const from = cluster.store.version;
    for (let count = 0; count < 10; count += 1) cluster.store.put('configmaps', configMap(`c${count}`));
    const inTime = await wire.watch(`${path}&resourceVersion=${from}`);
    await inTime.next(({ object }) => object.metadata.name === 'c9');
    inTime.close();
    assert.equal(inTime.events.length, 10);
    cluster.store.put('configmaps', configMap('c10'));
    const late = await wire.watch(`${path}&resourceVersion=${from}`);
    await late.ended;
    assert.deepEqual(late.events[0]!.object, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `too old resource version: ${from} (${from + 1})`,
      reason: 'Expired',
      code: 410,
    });
  });

  it('gets 410 after a compaction', async () => {
    const from = cluster.store.version;
    cluster.store.put('configmaps', configMap('compacted'));
    cluster.store.compact();
    const watch = await wire.watch(`${path}&resourceVersion=${from}`);
    await watch.ended;
    assert.equal(watch.events[0]!.object.code, 410);
  });

  it('leaves no listener behind when its client goes', async () => {
    const watch = await wire.watch(`${path}&resourceVersion=${cluster.store.version}`);
    watch.close();
    await watch.ended;
    // The server goes on for others.
    const other = await wire.watch(`${path}&resourceVersion=${cluster.store.version}`);
    cluster.store.put('configmaps', configMap('for-others'));
    await other.next(({ object }) => object.metadata.name === 'for-others');
    other.close();
  });
});

it('closing the cluster ends its watches', async () => {
  const cluster = await startEmulatedCluster();
  const wire = await connectWire(cluster.kubeconfig);
  const watch = await wire.watch(path);
  await cluster.close();
  await watch.ended;
  await assert.rejects(wire.call('GET', '/version'), { code: 'ECONNREFUSED' });
});

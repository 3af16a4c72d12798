import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Subject } from '../fidelity.ts';
import type { WatchEvent } from '../helpers/wire.ts';

const YOUNG = 'the server is too young to have forgotten a version';

export function fidelityOfWatches(subject: Subject): void {
  describe('watches', () => {
    const configMaps = (): string => `/api/v1/namespaces/${subject.namespace}/configmaps`;
    const create = (name: string, labels: object = {}) =>
      subject.wire.call('POST', configMaps(), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels },
      });
    const relabel = (name: string, labels: object) =>
      subject.wire.call(
        'PATCH',
        `${configMaps()}/${name}`,
        { metadata: { labels } },
        {
          type: 'application/merge-patch+json',
        },
      );
    const summary = ({ type, object }: WatchEvent): string => `${type} ${object.metadata.name}`;
    const listVersion = async (): Promise<string> =>
      (await subject.wire.call('GET', `${configMaps()}?limit=1`)).body.metadata.resourceVersion;

    const listAtFirst = () =>
      subject.wire.call('GET', `${configMaps()}?resourceVersion=1&resourceVersionMatch=Exact`);
    const remembersAll = async (): Promise<boolean> =>
      subject.mayBeYoung && (await listAtFirst()).code === 200;

    it('resumes from a version with every change since', async () => {
      const from = await listVersion();
      await create('resumed');
      await relabel('resumed', { x: 'y' });
      await subject.wire.call('DELETE', `${configMaps()}/resumed`);
      const watch = await subject.wire.watch(`${configMaps()}?watch=true&resourceVersion=${from}`);
      await watch.next(({ type }) => type === 'DELETED');
      watch.close();
      assert.deepEqual(watch.events.map(summary), ['ADDED resumed', 'MODIFIED resumed', 'DELETED resumed']);
      const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
      assert.ok(versions[0]! > Number(from) && versions[1]! > versions[0]! && versions[2]! > versions[1]!);
    });

    it('begins with what there is when no version is given', async () => {
      await create('present', { group: 'present' });
      const query = 'watch=true&labelSelector=group%3Dpresent';
      const watch = await subject.wire.watch(`${configMaps()}?${query}`);
      await watch.next(({ type }) => type === 'ADDED');
      watch.close();
      assert.deepEqual(watch.events.map(summary), ['ADDED present']);
      assert.equal(watch.events[0]!.object.kind, 'ConfigMap');
    });

    it('adds and deletes objects as they come into and leave the selector', async () => {
      const from = await listVersion();
      await create('mover');
      await relabel('mover', { seen: 'yes' });
      await relabel('mover', { more: 'labels' });
      await relabel('mover', { seen: null });
      const query = `watch=true&labelSelector=seen%3Dyes&resourceVersion=${from}`;
      const watch = await subject.wire.watch(`${configMaps()}?${query}`);
      await watch.next(({ type }) => type === 'DELETED');
      watch.close();
      assert.deepEqual(watch.events.map(summary), ['ADDED mover', 'MODIFIED mover', 'DELETED mover']);
    });

    it('marks the end of the initial events with a bookmark', async () => {
      await create('initial', { group: 'initial' });
      const query =
        'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=group%3Dinitial';
      const watch = await subject.wire.watch(`${configMaps()}?${query}`);
      const bookmark = await watch.next(({ type }) => type === 'BOOKMARK');
      watch.close();
      assert.equal(summary(watch.events[0]!), 'ADDED initial');
      assert.equal(bookmark.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
      assert.match(bookmark.object.metadata.resourceVersion, /^\d+$/);
    });

    it('ends a watch from a version that is too old with a 410 event', async (t) => {
      if (await remembersAll()) return t.skip(YOUNG);
      const watch = await subject.wire.watch(`${configMaps()}?watch=true&resourceVersion=1&timeoutSeconds=5`);
      await watch.ended;
      assert.equal(watch.code, 200);
      const [{ type, object }] = watch.events as [WatchEvent];
      assert.equal(type, 'ERROR');
      assert.equal(object.code, 410);
      assert.equal(object.reason, 'Expired');
      assert.match(object.message, /^too old resource version: 1 \(\d+\)$/);
    });

    it('ends a watch when its time is over', async () => {
      const begin = Date.now();
      const watch = await subject.wire.watch(
        `${configMaps()}?watch=true&resourceVersion=${await listVersion()}&timeoutSeconds=1`,
      );
      await watch.ended;
      assert.ok(Date.now() - begin >= 900);
    });

    it('answers a list at a version that is too old with 410', async (t) => {
      if (await remembersAll()) return t.skip(YOUNG);
      const { code, body } = await listAtFirst();
      assert.equal(code, 410);
      assert.equal(body.reason, 'Expired');
    });
  });
}

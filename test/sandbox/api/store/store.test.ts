import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Change, Store } from '../../../../src/sandbox/api/store/store.ts';
import { configMap } from '../helpers/objects.ts';

const summary = ({ type, object }: Change): string => `${type} ${object.metadata.name}`;

describe('the store', () => {
  it('gives every change the next version, deletions included', () => {
    const store = new Store();
    const first = Number(store.put('configmaps', configMap('a')).metadata.resourceVersion);
    const second = Number(store.put('configmaps', configMap('a', { x: '1' })).metadata.resourceVersion);
    const last = Number(store.delete('configmaps', 'default', 'a')!.metadata.resourceVersion);
    assert.deepEqual([second, last], [first + 1, first + 2]);
    assert.equal(store.version, last);
  });

  it('freezes what it keeps', () => {
    const stored = new Store().put('configmaps', configMap('a', { x: '1' }));
    assert.throws(() => {
      (stored['data'] as Record<string, string>)['x'] = '2';
    }, TypeError);
  });

  it('stamps what arrives without uid and time', () => {
    const { metadata } = new Store().put('configmaps', configMap('a'));
    assert.match(metadata.uid!, /^[0-9a-f-]{36}$/);
    assert.match(metadata.creationTimestamp!, /Z$/);
  });

  it('lists by namespace and name', () => {
    const store = new Store();
    for (const [namespace, name] of [
      ['b', 'a'],
      ['a', 'z'],
      ['a', 'b'],
      ['ab', 'a'],
    ] as const) {
      store.put('configmaps', configMap(name, {}, { namespace }));
    }
    const ids = (namespace?: string) =>
      store.list('configmaps', namespace).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(ids(), ['a/b', 'a/z', 'ab/a', 'b/a']);
    assert.deepEqual(ids('a'), ['a/b', 'a/z']);
  });

  it('tells listeners of their kind, with the object before', () => {
    const store = new Store();
    const seen: Change[] = [];
    const stop = store.watch('configmaps', (change) => seen.push(change));
    store.put('configmaps', configMap('a', { x: '1' }));
    store.put('secrets', configMap('s'));
    store.put('configmaps', configMap('a', { x: '2' }));
    store.delete('configmaps', 'default', 'a');
    stop();
    store.put('configmaps', configMap('b'));
    assert.deepEqual(seen.map(summary), ['ADDED a', 'MODIFIED a', 'DELETED a']);
    assert.deepEqual(seen[1]!.previous!['data'], { x: '1' });
  });

  it('keeps the order for everybody when a listener changes something itself', () => {
    const store = new Store();
    const seen: string[] = [];
    store.watch('configmaps', ({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') store.put('configmaps', configMap('b'));
    });
    store.watch('configmaps', (change) => seen.push(summary(change)));
    store.put('configmaps', configMap('a'));
    assert.deepEqual(seen, ['ADDED a', 'ADDED b']);
  });

  it('replays its history, as far as it remembers it', () => {
    const store = new Store({ historyLimit: 3 });
    const begin = store.version;
    for (const name of ['a', 'b', 'c']) store.put('configmaps', configMap(name));
    assert.deepEqual(store.since(begin, 'configmaps')!.map(summary), ['ADDED a', 'ADDED b', 'ADDED c']);
    store.put('configmaps', configMap('d'));
    assert.equal(store.since(begin, 'configmaps'), null);
    assert.deepEqual(store.since(begin + 2, 'configmaps')!.map(summary), ['ADDED c', 'ADDED d']);
    store.compact();
    assert.equal(store.since(begin + 2, 'configmaps'), null);
    assert.deepEqual(store.since(store.version, 'configmaps'), []);
  });
});

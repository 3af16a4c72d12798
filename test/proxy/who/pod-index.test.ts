// Which of two pods an address belongs to, in the orders in which events can come.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveRole } from '../../../src/model/arn.ts';
import { canonicalAddress } from '../../../src/proxy/who/address.ts';
import { PodIndex } from '../../../src/proxy/who/pod-index.ts';
import { type PodRecord, podRecord } from '../../../src/proxy/who/pod-record.ts';

const pod = (uid: string, overrides: Partial<PodRecord> = {}): PodRecord => ({
  uid,
  namespace: 'shop',
  name: uid,
  node: 'n1',
  serviceAccount: 'default',
  addresses: ['10.0.0.1'],
  isEarly: false,
  hostNetwork: false,
  mountsToken: false,
  isFinished: false,
  isTerminating: false,
  addressedAtMs: 0,
  annotations: {},
  ...overrides,
});
const at = (index: PodIndex) => index.at('10.0.0.1')?.uid ?? null;

describe('the index of pods', () => {
  test('prefers a living pod to a terminating one, in whatever order they were seen', () => {
    const index = new PodIndex();
    index.replace([
      pod('leaving', { isTerminating: true, addressedAtMs: 2 }),
      pod('living', { addressedAtMs: 1 }),
    ]);
    assert.equal(at(index), 'living');
    index.remove('living');
    assert.equal(at(index), 'leaving');
  });

  test('among living pods prefers the one that was seen there last, however often the other changes', () => {
    const index = new PodIndex();
    index.set(pod('first'));
    index.set(pod('second'));
    index.set(pod('first', { annotations: { changed: 'yes' } }));
    assert.equal(at(index), 'second');
  });

  test('does not give an address back to a pod that has yielded it, even when the later one is gone', () => {
    const index = new PodIndex();
    index.set(pod('old'));
    index.set(pod('old', { isTerminating: true }));
    index.set(pod('new'));
    index.remove('new');
    assert.equal(at(index), null);
    index.set(pod('old', { isTerminating: true, annotations: { changed: 'yes' } }));
    assert.equal(at(index), null);
    index.set(pod('next'));
    assert.equal(at(index), 'next');
  });

  test('knows nobody at an address but a pod that has it to itself and runs', () => {
    for (const without of [{ hostNetwork: true }, { isFinished: true }]) {
      const index = new PodIndex();
      index.set(pod('one', without));
      assert.equal(at(index), null);
      index.set(pod('two'));
      index.set(pod('two', without));
      assert.equal(at(index), null);
    }
  });

  test('never takes an address from the pod that was reported there for one that announces it, nor for its end', () => {
    const index = new PodIndex();
    index.set(pod('reported', { isTerminating: true }));
    index.set(pod('announced', { isEarly: true }));
    assert.equal(at(index), 'reported');
  });

  test('believes an announcement only where no other pod has to do with the address', () => {
    const early = (uid: string, overrides: Partial<PodRecord> = {}) =>
      pod(uid, { isEarly: true, ...overrides });
    const contests: string[] = [];
    const told = (address: string, pods: readonly PodRecord[]) =>
      contests.push(`${address} ${pods.map(({ uid }) => uid)}`);
    const index = new PodIndex(() => {}, told);
    index.set(early('first'));
    assert.equal(at(index), 'first');
    index.set(early('first', { annotations: { changed: 'yes' } }));
    assert.deepEqual(contests, []);
    index.set(early('second'));
    assert.equal(at(index), null);
    assert.deepEqual(contests, ['10.0.0.1 first,second']);
    // The kubelet's word settles it.
    index.set(pod('second'));
    assert.equal(at(index), 'second');
    index.remove('second');
    assert.equal(at(index), 'first');
    index.set(early('first', { isTerminating: true }));
    index.set(early('third'));
    assert.equal(at(index), null);
    index.remove('first');
    assert.equal(at(index), 'third');
  });

  test('believes none over a pod that was there and has yielded, as long as that one is not finished', () => {
    const index = new PodIndex();
    index.set(pod('old', { isTerminating: true }));
    index.set(pod('new'));
    index.remove('new');
    index.set(pod('announced', { isEarly: true }));
    assert.equal(at(index), null);
    index.set(pod('old', { isFinished: true }));
    assert.equal(at(index), 'announced');
  });

  test('ends a pod whose namesake has come at another address, though nobody told of its end', () => {
    const index = new PodIndex();
    index.set(pod('first', { name: 'db-0' }));
    index.set(pod('second', { name: 'db-0', addresses: ['10.0.0.2'] }));
    assert.equal(at(index), null);
    assert.equal(index.get('first'), null);
  });

  test('gives it to a pod that has left it and is reported there anew', () => {
    const index = new PodIndex();
    index.set(pod('first'));
    index.set(pod('second'));
    index.set(pod('first', { addresses: ['10.0.0.2'] }));
    index.set(pod('first'));
    assert.equal(at(index), 'first');
  });

  test('takes the report of an address for news also where it was announced before', () => {
    const index = new PodIndex();
    index.set(pod('announced', { isEarly: true }));
    index.set(pod('reported'));
    assert.equal(at(index), 'reported');
    index.set(pod('announced'));
    assert.equal(at(index), 'announced');
  });

  test('goes on waiting when word of an address brings nobody who may speak from it', async () => {
    const index = new PodIndex();
    index.set(pod('old'));
    index.set(pod('new'));
    index.remove('new');
    const waiting = index.waitAt('10.0.0.1', 5_000);
    index.set(pod('old', { annotations: { changed: 'yes' } }));
    setTimeout(() => index.set(pod('late')), 20);
    assert.equal((await waiting)?.uid, 'late');
  });

  test('takes a list read anew for the whole truth', () => {
    const gone: string[] = [];
    const index = new PodIndex((uid, left) => left === null && gone.push(uid));
    index.set(pod('old'));
    index.replace([pod('new', { addresses: ['10.0.0.2'] })]);
    assert.deepEqual([at(index), gone, index.size], [null, ['old'], 1]);
  });

  test('of two pods that a list shows at one address, believes the one whose network was made last', () => {
    const condition = (status: string, second: number) => ({
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:59Z' },
        {
          type: 'PodReadyToStartContainers',
          status,
          lastTransitionTime: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
        },
      ],
    });
    const read = (uid: string, createdSecond: number, status: object) =>
      podRecord(
        {
          metadata: { uid, name: uid, creationTimestamp: `2026-01-01T00:00:0${createdSecond}Z` },
          status: { podIP: '10.0.0.1', ...status },
        },
        { annotations: [], announced: false, audience: null },
      )!;
    const winner = (first: object, second: object) => {
      const index = new PodIndex();
      index.replace([read('first', 1, first), read('second', 2, second)]);
      return at(index);
    };
    assert.equal(winner({}, {}), 'second');
    assert.equal(
      winner({ startTime: '2026-01-01T00:00:30Z' }, { startTime: '2026-01-01T00:00:20Z' }),
      'first',
    );
    assert.equal(winner(condition('True', 30), condition('True', 20)), 'first');
    assert.equal(winner(condition('True', 30), { startTime: '2026-01-01T00:00:40Z' }), 'second');
    assert.equal(winner(condition('True', 20), condition('False', 30)), 'first');
    assert.equal(winner(condition('False', 20), condition('False', 30)), null);
  });

  test('knows no pod whose network is gone at the address that is still reported, and the pod again once it is back', () => {
    const index = new PodIndex();
    const [annotation, options] = [
      { 'cni.projectcalico.org/podIPs': '10.0.0.1/32' },
      { annotations: [], announced: true, audience: null },
    ];
    const show = (status: string, podIP: string) =>
      index.set(
        podRecord(
          {
            metadata: { uid: 'u', name: 'u', annotations: annotation },
            status: { podIP, conditions: [{ type: 'PodReadyToStartContainers', status }] },
          },
          options,
        )!,
      );
    show('False', '');
    assert.equal(at(index), 'u');
    show('True', '10.0.0.1');
    assert.equal(at(index), 'u');
    show('False', '10.0.0.1');
    assert.equal(at(index), null);
    show('True', '10.0.0.1');
    assert.equal(at(index), 'u');
  });

  test('keeps little of an annotation that is longer than any that names something, and nothing that does', () => {
    const key = 'iam.amazonaws.com/role';
    const kept = (value: string) =>
      podRecord(
        { metadata: { uid: 'u', annotations: { [key]: value } } },
        { annotations: [key], announced: false, audience: null },
      )!.annotations[key]!;
    for (const whole of ['blue', 'x'.repeat(2_048)]) assert.equal(kept(whole), whole);
    const cut = kept(`arn:aws-${'a'.repeat(2_000)}:iam::111122223333:role/${'b'.repeat(60)}`);
    assert.equal(cut.length, 2_049);
    assert.equal(resolveRole(cut, null).ok, false);
  });

  test('wakes who waits for an address by the event itself', async () => {
    const index = new PodIndex();
    const startedMs = performance.now();
    const waiting = index.waitAt('10.0.0.1', 5_000);
    index.set(pod('elsewhere', { addresses: ['10.0.0.9'] }));
    index.set(pod('here'));
    assert.equal((await waiting)?.uid, 'here');
    assert.ok(performance.now() - startedMs < 2_500);
    assert.equal(await index.waitAt('10.0.0.77', 10), null);
  });

  test('knows IPv6 and mapped addresses in one spelling', () => {
    for (const [text, wanted] of [
      ['::ffff:10.0.0.1', '10.0.0.1'],
      ['::FFFF:10.0.0.1', '10.0.0.1'],
      ['10.0.0.1', '10.0.0.1'],
      ['FD00:0:0::1', 'fd00::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['', ''],
    ] as const)
      assert.equal(canonicalAddress(text), wanted);
  });

  test('keeps of a pod the annotations that decide and nothing else', () => {
    const record = podRecord(
      {
        metadata: {
          uid: 'u',
          namespace: 'shop',
          name: 'web',
          annotations: { 'iam.amazonaws.com/role': 'blue', 'kubectl.kubernetes.io/last-applied': '…' },
        },
        spec: { nodeName: 'n1', containers: [{ env: [{ name: 'SECRET', value: 'x' }] }] },
        status: { phase: 'Failed', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'FD00::1' }] },
      },
      { annotations: ['iam.amazonaws.com/role'], announced: false, audience: null },
    );
    assert.deepEqual(record, {
      ...pod('u', { name: 'web', addresses: ['10.0.0.1', 'fd00::1'], isFinished: true }),
      annotations: { 'iam.amazonaws.com/role': 'blue' },
    });
    assert.equal(podRecord({}, { annotations: [], announced: false, audience: null }), null);
  });

  test('reads null as left out, and annotations that are text alone', () => {
    const options = { annotations: ['r'], announced: true, audience: 'a' };
    const bare = { uid: 'u', annotations: null, deletionTimestamp: null };
    const record = podRecord({ metadata: bare, spec: { volumes: null }, status: { podIPs: null } }, options);
    assert.deepEqual([record?.isTerminating, record?.addresses, record?.annotations], [false, [], {}]);
    assert.equal(
      podRecord({ metadata: { uid: 'u', annotations: { r: 42 } } }, options)?.annotations['r'],
      undefined,
    );
    assert.equal(podRecord({ metadata: { uid: 'u' }, spec: null, status: null }, options)?.uid, 'u');
    for (const odd of [null, undefined, {}, { metadata: null }]) assert.equal(podRecord(odd, options), null);
  });

  test('keeps no pod of another node, even from a server that sends them all', () => {
    const read = (nodeName: string, node: string | null) =>
      podRecord(
        { metadata: { uid: 'u' }, spec: { nodeName } },
        { annotations: [], announced: false, audience: null, node },
      );
    assert.equal(read('n2', 'n1'), null);
    assert.deepEqual([read('n1', 'n1')?.node, read('n2', null)?.node], ['n1', 'n2']);
  });

  test('knows of a pod its service account, and whether it has a token for the container credentials', () => {
    const read = (audience: string | null, spec: object) =>
      podRecord({ metadata: { uid: 'u' }, spec }, { annotations: [], announced: false, audience })!;
    const projecting = (...audiences: (string | undefined)[]) => ({
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', projected: { sources: [{ configMap: { name: 'x' } }] } },
        { name: 'c', projected: {} },
        {
          name: 'd',
          projected: { sources: audiences.map((audience) => ({ serviceAccountToken: { audience } })) },
        },
      ],
    });
    assert.equal(read('ours', projecting('theirs', 'ours')).mountsToken, true);
    assert.equal(read('ours', projecting('theirs', undefined)).mountsToken, false);
    assert.equal(read('ours', {}).mountsToken, false);
    assert.equal(read(null, projecting('ours')).mountsToken, false);
    assert.equal(read(null, {}).serviceAccount, 'default');
    assert.equal(read(null, { serviceAccountName: 'web' }).serviceAccount, 'web');
  });

  test('waits for a pod by its UID', async () => {
    const index = new PodIndex();
    const waiting = index.waitFor('u-1', 2_000);
    index.set(pod('u-2'));
    index.set(pod('u-1', { addresses: [] }));
    assert.equal((await waiting)?.uid, 'u-1');
    assert.equal((await index.waitFor('u-1', 0))?.uid, 'u-1');
    assert.equal(await index.waitFor('u-3', 5), null);
  });
});

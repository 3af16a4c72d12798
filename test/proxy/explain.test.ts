// Each refusal says one thing in all places: the answer to the pod, /-/explain, the event and the log name
// the same cause by the same code, and the code has a page.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPages } from '../../src/doctor/pages.ts';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

const LIST = 'iam.amazonaws.com/allowed-roles';
const EXTERNAL_ID = 'iam.amazonaws.com/external-id';

const pods = [
  ['bare', { ip: '127.32.0.1' }, 404, 'LK001'],
  ['blank', { ip: '127.32.0.2', role: ' ' }, 404, 'AN002'],
  ['malformed', { ip: '127.32.0.3', role: 'blue\n' }, 404, 'AN002'],
  ['forbidden', { ip: '127.32.0.4', role: 'red' }, 403, 'AN003'],
  ['unread', { ip: '127.32.0.5', role: 'blue', namespace: 'broken' }, 403, 'AN013'],
  ['stranger', { ip: '127.32.0.6', role: 'blue', annotations: { [EXTERNAL_ID]: 'no id' } }, 403, 'TP041'],
  ['closed', { ip: '127.32.0.7', role: 'closed' }, 403, 'TP018'],
] as const;

describe('a refusal', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--namespace-restrictions']);
    for (const [name, list] of [
      ['shop', '["blue","closed"]'],
      ['broken', 'blue'],
    ] as const)
      world.api.put('namespaces', { metadata: { name, uid: `ns-${name}`, annotations: { [LIST]: list } } });
    for (const [name, options] of pods) world.pod(name, options);
    await until('STS', () => world.lines('refused').length >= 1);
  });
  after(() => world.close());

  for (const [name, { ip }, status, code] of pods)
    test(`of the pod ${name} is ${code} to the pod, to the operator, in its event and in the log`, async () => {
      const reply = await world.get(ip, `${CREDENTIALS}closed`);
      const { Check, Message } = JSON.parse(reply.body) as { Check: string; Message: string };
      assert.deepEqual([reply.status, Check], [status, code]);
      assert.ok(Message.length > 20, Message);
      const explained = JSON.parse((await world.admin(`/-/explain?ip=${ip}`)).body);
      const told = explained.refusal ?? explained.credentials.failure;
      assert.deepEqual([explained.pod.name, told.code, told.why], [name, code, Message]);
      const ofPod = (event: Record<string, unknown>) =>
        (event['involvedObject'] as { name: string }).name === name;
      await until('the event', () => world.api.events.some(ofPod));
      assert.deepEqual(
        world.api.events.filter(ofPod).map(({ type, message }) => [type, message]),
        [['Warning', `${Message} (${code}; pod-iam explain ${code})`]],
      );
      const lines = world.lines('refused').filter(({ pod }) => pod === name);
      assert.deepEqual(
        lines.map(({ check, why }) => [check, why]),
        [[code, Message]],
      );
      assert.ok(listPages().some((page) => page.code === code));
    });

  test('of an address that is no pod is LK012 to the operator and in the log', async () => {
    await world.get('127.32.0.99', CREDENTIALS);
    const explained = JSON.parse((await world.admin('/-/explain?ip=127.32.0.99')).body);
    assert.equal(explained.refusal.code, 'LK012');
    assert.deepEqual(explained.reasons, ['no pod of this node is known to have the address 127.32.0.99']);
    assert.ok(world.lines('refused').some(({ address }) => address === '127.32.0.99'));
  });
});

describe('every route', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    world.pod('blue', { ip: '127.32.0.10', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
  });
  after(() => world.close());

  for (const path of [
    ...[CREDENTIALS, `${CREDENTIALS}blue`, `${CREDENTIALS}red`, '/latest/meta-data/iam/info', '/-/pod-iam'],
    ...['/latest/meta-data/instance-id', '/latest/user-data', '/latest/api/token', '/nothing'],
  ])
    test(`answers HEAD ${path} as GET, without the body`, async () => {
      const headers = { 'x-aws-ec2-metadata-token': await world.token('127.32.0.10') };
      const got = await world.send('127.32.0.10', 'GET', path, headers);
      const head = await world.send('127.32.0.10', 'HEAD', path, headers);
      const shown = ({
        status,
        headers: { 'content-type': type, 'content-length': length, server },
      }: typeof got) => [...[status, type, length, server]];
      assert.deepEqual([shown(head), head.body], [shown(got), '']);
    });

  test('takes a path of fifteen thousand characters for none, and refuses one of twenty thousand', async () => {
    const headers = { 'x-aws-ec2-metadata-token': await world.token('127.32.0.10') };
    for (const [length, status] of [
      [15_000, 404],
      [20_000, 431],
    ] as const) {
      const path = `${CREDENTIALS}${'../'.repeat(length / 3)}x`;
      assert.equal((await world.send('127.32.0.10', 'GET', path, headers)).status, status);
    }
  });
});

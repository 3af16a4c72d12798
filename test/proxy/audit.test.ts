// The audit trail: one line for each credential that a pod is given, naming pod, role, session and
// the address that asked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, CREDENTIALS, startWorld, until, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld(['--session-name={role}', '--log-level=info']);
  world.pod('one', { ip: '127.28.0.1', role: 'blue' });
  world.pod('two', { ip: '127.28.0.2', ips: ['127.28.0.2', '127.28.0.3'], role: 'blue' });
  await until('credentials', () => world.lines('issued').length === 1);
});
after(() => world.close());

const served = () => world.lines('served').map(({ time, level, ...line }) => line);

test('credentials fetched ahead are in nobody’s hands yet, and the trail says so', () => {
  assert.deepEqual(served(), []);
});

test('the first document of a pod is one line, and the next ones are none', async () => {
  const { body } = await world.get('127.28.0.1', `${CREDENTIALS}blue`);
  const document = JSON.parse(body) as Record<string, string>;
  for (let i = 0; i < 5; i++) await world.get('127.28.0.1', `${CREDENTIALS}blue`);
  assert.deepEqual(served(), [
    {
      namespace: 'shop',
      pod: 'one',
      uid: 'uid-one',
      address: '127.28.0.1',
      knownBy: 'address',
      role: `${BASE}blue`,
      session: 'blue',
      key: `…${document['AccessKeyId']!.slice(-4)}`,
      expiration: document['Expiration'],
      msg: 'served',
    },
  ]);
  for (const secret of ['SecretAccessKey', 'Token', 'AccessKeyId'])
    assert.ok(!world.log().includes(document[secret]!), secret);
});

test('another pod with the same credentials has a line of its own, and so has each of its addresses', async () => {
  await world.get('127.28.0.2', `${CREDENTIALS}blue`);
  await world.get('127.28.0.3', `${CREDENTIALS}blue`);
  await world.get('127.28.0.2', `${CREDENTIALS}blue`);
  assert.deepEqual(
    served().map(({ pod, address }) => [pod, address]),
    [
      ['one', '127.28.0.1'],
      ['two', '127.28.0.2'],
      ['two', '127.28.0.3'],
    ],
  );
});

test('listing, info and a refusal hand nothing out and leave no line', async () => {
  const lines = served().length;
  world.pod('three', { ip: '127.28.0.4', role: 'blue' });
  await until('the pod', async () => (await world.get('127.28.0.4', CREDENTIALS)).status === 200);
  await world.get('127.28.0.4', '/latest/meta-data/iam/info');
  await world.get('127.28.0.4', `${CREDENTIALS}red`);
  assert.equal(served().length, lines);
});

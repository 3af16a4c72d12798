// Addresses are reused: whose credentials an address gets while it passes from pod to pod.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BASE, CREDENTIALS, startWorld, until, type World } from './world.ts';

describe('the pod behind an address', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--pod-wait=100ms', `--host-ip=127.24.0.250`, '--bind=127.0.0.1,::1']);
  });
  after(() => world.close());

  const listing = async (ip: string) => {
    const { status, body } = await world.get(ip, CREDENTIALS);
    return status === 200 ? body : status;
  };
  const seen = (ip: string, wanted: string | number) =>
    until(`${ip} is ${wanted}`, async () => (await listing(ip)) === wanted);

  /** STS has been asked for a pod's credentials; its answer takes as long as it was told. */
  const called = (pod: string) =>
    until(`the call for ${pod}`, () =>
      world.aws.requests.some(({ parameters }) => parameters['RoleSessionName'] === `shop.${pod}`),
    );

  /** A request that has come to the daemon, and waits there. */
  const askedInTime = async (ip: string, path: string) => {
    const token = await world.token(ip);
    const reply = world.send(ip, 'GET', path, { 'x-aws-ec2-metadata-token': token });
    await new Promise((done) => setTimeout(done, 150));
    return { reply };
  };

  test('a terminating pod is served until it is gone', async () => {
    world.pod('old', { ip: '127.24.0.1', role: 'blue' });
    await seen('127.24.0.1', 'blue');
    world.pod('old', { ip: '127.24.0.1', role: 'blue', terminating: true });
    assert.equal(await listing('127.24.0.1'), 'blue');
    world.removePod('old');
    await seen('127.24.0.1', 404);
  });

  test('a terminating pod yields at once to a newer one, and its end does not harm that', async () => {
    world.pod('a', { ip: '127.24.0.2', role: 'blue' });
    world.pod('a', { ip: '127.24.0.2', role: 'blue', terminating: true });
    await seen('127.24.0.2', 'blue');
    world.pod('b', { ip: '127.24.0.2', role: 'red' });
    await seen('127.24.0.2', 'red');
    world.pod('a', { ip: '127.24.0.2', role: 'blue', terminating: true });
    assert.equal(await listing('127.24.0.2'), 'red');
    world.removePod('a');
    assert.equal(await listing('127.24.0.2'), 'red');
    assert.match((await world.get('127.24.0.2', `${CREDENTIALS}red`)).body, /Success/);
    assert.equal((await world.get('127.24.0.2', `${CREDENTIALS}blue`)).status, 403);
  });

  test('a pod that has just come there wins over one that came earlier, though it be older', async () => {
    world.pod('first', { ip: '127.24.0.3', role: 'blue' });
    await seen('127.24.0.3', 'blue');
    world.pod('second', { role: 'red', phase: 'Pending' });
    world.pod('second', { ip: '127.24.0.3', role: 'red' });
    await seen('127.24.0.3', 'red');
  });

  test('a finished pod answers for no address, and a pod without role that follows gets none', async () => {
    world.pod('job', { ip: '127.24.0.4', role: 'blue' });
    await seen('127.24.0.4', 'blue');
    world.pod('job', { ip: '127.24.0.4', role: 'blue', phase: 'Succeeded' });
    await seen('127.24.0.4', 404);
    world.pod('bare', { ip: '127.24.0.4' });
    await until('bare', async () => (await world.get('127.24.0.4', CREDENTIALS)).body.includes('LK001'));
  });

  test('a pod on the node network answers for no address, and the node is nobody', async () => {
    world.pod('host', { ip: '127.24.0.5', role: 'blue', hostNetwork: true });
    world.pod('host2', { ip: '127.24.0.250', role: 'blue', hostNetwork: true });
    world.pod('mark', { ip: '127.24.0.6', role: 'blue' });
    await seen('127.24.0.6', 'blue');
    assert.equal(await listing('127.24.0.5'), 404);
    // The fastest of ten: a wait of 100 ms would be in each, and a busy machine delays but some.
    const tookMs: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { status, ms } = await world.get('127.24.0.250', CREDENTIALS);
      assert.equal(status, 404);
      tookMs.push(ms);
    }
    assert.ok(Math.min(...tookMs) < 90, `it waited: ${tookMs} ms`);
  });

  test('a pod answers for each of its addresses', async () => {
    world.pod('dual', { ip: '127.24.0.7', ips: ['127.24.0.7', '127.24.0.8', 'fd00::7'], role: 'blue' });
    await seen('127.24.0.7', 'blue');
    assert.equal(await listing('127.24.0.8'), 'blue');
  });

  test('a dual-stack pod is one pod, whichever endpoint it asks', async () => {
    world.pod('both', { ip: '127.24.0.30', ips: ['127.24.0.30', '0:0:0:0:0:0:0:1'], role: 'blue' });
    await seen('::1', 'blue');
    assert.equal(await listing('127.24.0.30'), 'blue');
    const [four, six] = await Promise.all(
      ['127.24.0.30', '::1'].map(async (ip) => (await world.get(ip, `${CREDENTIALS}blue`)).body),
    );
    assert.equal(four, six);
    const assumed = world.aws.requests.filter(
      ({ parameters }) => parameters['RoleSessionName'] === 'shop.both',
    );
    assert.equal(assumed.length, 1);
    world.removePod('both');
    await seen('::1', 404);
  });

  test('a namesake created anew is another pod, and the end of the first does not touch it', async () => {
    world.pod('db-0', { ip: '127.24.0.9', role: 'blue', uid: 'uid-first' });
    await seen('127.24.0.9', 'blue');
    world.pod('db-0', { ip: '127.24.0.9', role: 'red', uid: 'uid-second' });
    world.api.remove('pods', 'uid-first');
    await seen('127.24.0.9', 'red');
  });

  test('a namesake created anew at another address ends the first, though nobody told its end', async () => {
    world.pod('db-1', { ip: '127.24.0.40', role: 'blue', uid: 'uid-third' });
    await seen('127.24.0.40', 'blue');
    world.pod('db-1', { ip: '127.24.0.41', role: 'red', uid: 'uid-fourth' });
    await seen('127.24.0.41', 'red');
    assert.equal(await listing('127.24.0.40'), 404);
  });

  test('a changed annotation counts from the moment it is seen', async () => {
    world.pod('turn', { ip: '127.24.0.10', role: 'blue' });
    await seen('127.24.0.10', 'blue');
    world.pod('turn', { ip: '127.24.0.10', role: 'red' });
    await seen('127.24.0.10', 'red');
    world.pod('turn', { ip: '127.24.0.10' });
    await seen('127.24.0.10', 404);
  });

  test('a pod of another node is nobody here', async () => {
    world.pod('far', { ip: '127.24.0.11', role: 'blue', node: 'node-2' });
    world.pod('near', { ip: '127.24.0.12', role: 'blue' });
    await seen('127.24.0.12', 'blue');
    assert.equal(await listing('127.24.0.11'), 404);
  });

  test('a role that is taken away while STS is asked is not handed out any more', async () => {
    await until('own identity', () => world.lines('identity').length > 0);
    world.aws.latencyMs = 1_000;
    world.pod('stripped', { ip: '127.24.0.14', role: 'blue' });
    await seen('127.24.0.14', 'blue');
    const asked = world.get('127.24.0.14', `${CREDENTIALS}blue`);
    const info = world.get('127.24.0.14', '/latest/meta-data/iam/info');
    await called('stripped');
    world.pod('stripped', { ip: '127.24.0.14', role: '' });
    for (const { status, body } of [await asked, await info])
      assert.deepEqual([status, JSON.parse(body).Check], [404, 'AN002']);
    world.pod('turned', { ip: '127.24.0.15', role: 'blue' });
    await seen('127.24.0.15', 'blue');
    const blue = await askedInTime('127.24.0.15', `${CREDENTIALS}blue`);
    world.pod('turned', { ip: '127.24.0.15', role: 'red' });
    assert.equal((await blue.reply).status, 403);
    world.aws.latencyMs = 0;
  });

  test('another session or external id that a pod gets while STS is asked is the one it is served by', async () => {
    await until('own identity', () => world.lines('identity').length > 0);
    world.aws.latencyMs = 1_000;
    const id = (externalId: string) => ({ 'iam.amazonaws.com/external-id': externalId });
    world.pod('other', { ip: '127.24.0.16', role: 'blue', annotations: id('first') });
    await seen('127.24.0.16', 'blue');
    const asked = await askedInTime('127.24.0.16', `${CREDENTIALS}blue`);
    world.pod('other', { ip: '127.24.0.16', role: 'blue', annotations: id('second') });
    const { AccessKeyId } = JSON.parse((await asked.reply).body) as { AccessKeyId: string };
    world.aws.latencyMs = 0;
    const ids = world.aws.requests.flatMap(({ parameters }) => parameters['ExternalId'] ?? []);
    assert.deepEqual(ids, ['first', 'second']);
    const later = JSON.parse((await world.get('127.24.0.16', `${CREDENTIALS}blue`)).body);
    assert.equal(AccessKeyId, (later as { AccessKeyId: string }).AccessKeyId);
  });

  test('an address that passes on while STS is asked gets nothing of the pod before', async () => {
    await until('own identity', () => world.lines('identity').length > 0);
    world.aws.latencyMs = 1_000;
    world.pod('leaver', { ip: '127.24.0.13', role: 'blue' });
    const asked = world.get('127.24.0.13', `${CREDENTIALS}blue`);
    await called('leaver');
    world.removePod('leaver');
    const { status, body } = await asked;
    world.aws.latencyMs = 0;
    assert.deepEqual([status, JSON.parse(body).Code], [404, 'UnknownCaller']);
  });

  test('a pod that comes to the address while STS is asked is not who has asked, though it has the same role', async () => {
    await until('own identity', () => world.lines('identity').length > 0);
    world.aws.latencyMs = 1_000;
    world.pod('going', { ip: '127.24.0.17', role: 'blue' });
    await seen('127.24.0.17', 'blue');
    const asked = await askedInTime('127.24.0.17', `${CREDENTIALS}blue`);
    world.removePod('going');
    world.pod('coming', { ip: '127.24.0.17', role: 'blue' });
    const { status, body } = await asked.reply;
    world.aws.latencyMs = 0;
    assert.deepEqual([status, JSON.parse(body).Code], [404, 'UnknownCaller']);
    assert.equal((await world.get('127.24.0.17', `${CREDENTIALS}blue`)).status, 200);
  });
});

describe('announced addresses', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--pod-wait=100ms', '--announced-addresses']);
  });
  after(() => world.close());

  const listing = async (ip: string) => {
    const { status, body } = await world.get(ip, CREDENTIALS);
    return status === 200 ? body : status;
  };
  const seen = (ip: string, wanted: string | number) =>
    until(`${ip} is ${wanted}`, async () => (await listing(ip)) === wanted);

  test('an address that the network plugin has announced counts until the kubelet reports one', async () => {
    const calico = { 'cni.projectcalico.org/podIPs': '127.24.0.20/32,fd00::20/128' };
    world.pod('early', { role: 'blue', phase: 'Pending', annotations: calico });
    await seen('127.24.0.20', 'blue');
    world.pod('early', { ip: '127.24.0.21', role: 'blue', annotations: calico });
    await seen('127.24.0.21', 'blue');
    assert.equal(await listing('127.24.0.20'), 404);
    world.pod('vpc', { role: 'red', annotations: { 'vpc.amazonaws.com/pod-ips': '127.24.0.22' } });
    await seen('127.24.0.22', 'red');
  });

  test('an announcement never takes an address from a pod that has it, not even from a terminating one', async () => {
    world.pod('owner', { ip: '127.24.0.23', role: 'blue', terminating: true });
    await seen('127.24.0.23', 'blue');
    world.pod('thief', { role: 'red', annotations: { 'cni.projectcalico.org/podIPs': '127.24.0.23/32' } });
    world.pod('mark2', { ip: '127.24.0.24', role: 'blue' });
    await seen('127.24.0.24', 'blue');
    assert.equal(await listing('127.24.0.23'), 'blue');
  });

  test('two that announce one address are nobody there until the kubelet tells whose it is, and the log names them', async () => {
    const announces = { annotations: { 'cni.projectcalico.org/podIPs': '127.24.0.27/32' } };
    world.pod('claimant', { role: 'red', phase: 'Pending', ...announces });
    await seen('127.24.0.27', 'red');
    world.pod('rightful', { role: 'blue', phase: 'Pending', ...announces });
    await seen('127.24.0.27', 404);
    assert.deepEqual(
      world
        .lines('address contested')
        .map(({ address, pods }) => [address, pods])
        .at(-1),
      ['127.24.0.27', ['shop/claimant', 'shop/rightful']],
    );
    world.pod('rightful', { ip: '127.24.0.27', role: 'blue', ...announces });
    await seen('127.24.0.27', 'blue');
  });

  test('one who announces addresses all the time does not fill the log', async () => {
    const annotations = { 'cni.projectcalico.org/podIPs': '127.24.0.27/32' };
    for (let nth = 0; nth < 40; nth++) {
      world.pod('claimant', { role: 'red', phase: 'Pending' });
      world.pod('claimant', { role: 'red', phase: 'Pending', annotations });
    }
    world.pod('mark4', { ip: '127.24.0.28', role: 'blue' });
    await seen('127.24.0.28', 'blue');
    assert.equal(world.lines('address contested').length, 10);
  });

  test("none of the node's own addresses can be announced", async () => {
    const annotations = { 'cni.projectcalico.org/podIPs': '127.0.0.1/32,127.24.0.29/32' };
    world.pod('host', { role: 'red', phase: 'Pending', annotations });
    await seen('127.24.0.29', 'red');
    assert.equal(await listing('127.0.0.1'), 404);
  });

  test('count for nothing unless told so', async () => {
    await world.restart(['--pod-wait=100ms']);
    world.pod('mark3', { ip: '127.24.0.25', role: 'blue' });
    await seen('127.24.0.25', 'blue');
    assert.equal(await listing('127.24.0.22'), 404);
  });
});

describe('namespace restrictions and the default role', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--pod-wait=100ms', '--namespace-restrictions', '--default-role=red']);
    world.api.put('namespaces', namespace('shop', '["blue","team/*"]'));
  });
  after(() => world.close());

  const namespace = (name: string, allowed: string | null) => ({
    metadata: {
      name,
      uid: `uid-${name}`,
      annotations: allowed === null ? {} : { 'iam.amazonaws.com/allowed-roles': allowed },
    },
  });

  test('a role on the list is served, one outside it is 403 and never asked of STS', async () => {
    world.pod('in', { ip: '127.24.1.1', role: 'blue' });
    world.pod('out', { ip: '127.24.1.2', role: 'closed' });
    await until('credentials', () => world.lines('issued').length > 0);
    assert.equal((await world.get('127.24.1.1', `${CREDENTIALS}blue`)).status, 200);
    for (const path of [CREDENTIALS, `${CREDENTIALS}closed`]) {
      const { status, body } = await world.get('127.24.1.2', path);
      assert.deepEqual([status, JSON.parse(body).Check], [403, 'AN003']);
    }
    assert.equal(world.assumes('closed'), 0);
  });

  test('a namespace that comes after its pod is waited for', async () => {
    world.pod('quick', { ip: '127.24.1.3', role: 'blue', namespace: 'new' });
    await until('the pod', async () =>
      (await world.send('127.24.1.3', 'GET', '/-/pod-iam')).body.includes('quick'),
    );
    const asked = world.get('127.24.1.3', `${CREDENTIALS}blue`);
    world.api.put('namespaces', namespace('new', '["blue"]'));
    assert.equal((await asked).status, 200);
  });

  test('a role taken off the list is refused from then on', async () => {
    world.api.put('namespaces', namespace('new', '[]'));
    await until('refusal', async () => (await world.get('127.24.1.3', CREDENTIALS)).status === 403);
  });

  test('a pod without annotation gets the default role, a blank one and an unknown address do not', async () => {
    world.pod('bare', { ip: '127.24.1.4' });
    world.pod('blank', { ip: '127.24.1.5', role: '' });
    await until('default', async () => (await world.get('127.24.1.4', CREDENTIALS)).body === 'red');
    assert.equal((await world.get('127.24.1.5', CREDENTIALS)).status, 404);
    assert.equal((await world.get('127.24.1.6', CREDENTIALS)).status, 404);
    assert.equal((await world.get('127.24.1.4', `${CREDENTIALS}${BASE}red`)).status, 200);
  });
});

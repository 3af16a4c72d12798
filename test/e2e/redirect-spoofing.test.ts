// A pod that takes its neighbour's address: on a bridge it could get the neighbour's credentials, and
// the guard keeps them from it without harm to anybody else. With real frames in network namespaces.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { attackFault, claim, sniff } from './helpers/attacks.ts';
import { NODE_IP, NODE_IP6, netnsFault, stop, World } from './helpers/netns.ts';
import { METADATA, METADATA6, RedirectRun, recordPod, SILENCE } from './helpers/redirect.ts';

const VICTIM = { ipv4: '10.99.0.2', ipv6: 'fd00:99::2' };
const ATTACKER = { ipv4: '10.99.0.3', ipv6: 'fd00:99::3' };

describe("a neighbour's address on a bridge", {
  skip: netnsFault() || attackFault(),
  timeout: 180_000,
}, () => {
  let world: World;
  let redirect: RedirectRun;
  let records: string;
  const ports: Record<string, string> = {};

  before(async () => {
    world = new World();
    await world.build({ pods: false });
    for (const [name, place] of Object.entries({ victim: VICTIM, attacker: ATTACKER }))
      ports[name] = await world.addPod(name, { on: 'bridge', ...place });
    await world.serve('node', 'proxy', [NODE_IP, NODE_IP6], 8181);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
    records = redirect.path('cni');
    recordPod(records, ports['victim']!, VICTIM);
    recordPod(records, ports['attacker']!, ATTACKER);
  });
  afterEach(() => redirect.end());

  const keeping = (...flags: string[]) => redirect.keeping([`--cni-results=${records}`, ...flags]);

  const honest = async (name: string, { ipv4, ipv6 }: { ipv4: string; ipv6: string }): Promise<void> => {
    const answers = [world.curl(name, METADATA), world.curl(name, METADATA6)];
    assert.deepEqual(await Promise.all(answers), [`proxy ${ipv4}`, `proxy ${ipv6}`]);
  };

  /** What the attacker gets when it speaks from the victim's addresses, and the node learns that from it. */
  async function steal(): Promise<Record<'ipv4' | 'ipv6', string>> {
    await world.ip('attacker', 'addr add 10.99.0.2/24 dev eth0', 'addr add fd00:99::2/64 dev eth0 nodad');
    try {
      // The request for the gateway's address, in whose name is asked, is what the node learns from.
      await world.ip('attacker', 'neigh flush dev eth0');
      const [ipv4, ipv6] = await Promise.all([
        world.curl('attacker', METADATA, '-m', '1', '--interface', VICTIM.ipv4),
        world.curl('attacker', METADATA6, '-m', '1', '--interface', VICTIM.ipv6),
      ]);
      return { ipv4, ipv6 };
    } finally {
      await world.ip('attacker', 'addr del 10.99.0.2/24 dev eth0', 'addr del fd00:99::2/64 dev eth0');
      await world.ip('victim', 'neigh flush dev eth0');
    }
  }

  it('is had for the asking without the guard', async () => {
    await keeping('--anti-spoof=off');
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
    assert.deepEqual(await steal(), { ipv4: `proxy ${VICTIM.ipv4}`, ipv6: `proxy ${VICTIM.ipv6}` });
    assert.doesNotMatch(await redirect.rules(), /table bridge/);
  });

  it('is of no use with it, and both go on with their own', async () => {
    await keeping();
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
    assert.deepEqual(await steal(), { ipv4: SILENCE, ipv6: SILENCE });
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
  });

  it('is of no use on a bridge whose frames pass iptables, either', async () => {
    const passed = (on: 0 | 1) =>
      world.in(
        'node',
        'sysctl',
        '-qw',
        `net.bridge.bridge-nf-call-iptables=${on}`,
        `net.bridge.bridge-nf-call-ip6tables=${on}`,
      );
    await passed(1);
    try {
      await stop(await keeping('--anti-spoof=off'));
      assert.deepEqual(await steal(), { ipv4: `proxy ${VICTIM.ipv4}`, ipv6: `proxy ${VICTIM.ipv6}` });
      await keeping();
      assert.deepEqual(await steal(), { ipv4: SILENCE, ipv6: SILENCE });
      await honest('victim', VICTIM);
    } finally {
      await passed(0);
    }
  });

  it('is of no use to a pod that copies the MAC address as well', async () => {
    const [, own] = /link\/ether (\S+)/.exec(await world.in('attacker', 'ip', 'link', 'show', 'eth0'))!;
    const [, copied] = /link\/ether (\S+)/.exec(await world.in('victim', 'ip', 'link', 'show', 'eth0'))!;
    const asTwin = async () => {
      await world.ip('attacker', `link set eth0 address ${copied}`);
      const stolen = await steal();
      await world.ip('attacker', `link set eth0 address ${own}`);
      return stolen;
    };
    await stop(await keeping('--anti-spoof=off'));
    assert.deepEqual(await asTwin(), { ipv4: `proxy ${VICTIM.ipv4}`, ipv6: `proxy ${VICTIM.ipv6}` });
    await keeping();
    assert.deepEqual(await asTwin(), { ipv4: SILENCE, ipv6: SILENCE });
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
  });

  it('lets nobody listen in on the way back, who claims the address and passes all on to its owner', async () => {
    const [, mac] = /link\/ether (\S+)/.exec(await world.in('victim', 'ip', 'link', 'show', 'eth0'))!;
    await world.in(
      'attacker',
      'sysctl',
      '-qw',
      'net.ipv4.ip_forward=1',
      'net.ipv4.conf.all.send_redirects=0',
      'net.ipv4.conf.eth0.send_redirects=0',
    );
    await world.ip('attacker', `neigh replace ${VICTIM.ipv4} lladdr ${mac} dev eth0`);
    const between = async (): Promise<{ got: string; heard: string }> => {
      const { child, heard } = await sniff(world, 'attacker');
      const claiming = await claim(world, 'attacker', VICTIM.ipv4);
      await delay(100);
      const got = await world.curl('victim', METADATA, '-m', '1');
      await stop(claiming);
      await stop(child);
      await world.ip('victim', 'neigh flush dev eth0');
      return { got, heard: heard() };
    };
    await stop(await keeping('--anti-spoof=off'));
    const open = await between();
    assert.equal(open.got, `proxy ${VICTIM.ipv4}`);
    assert.match(open.heard, /proxy 10\.99\.0\.2/);
    await keeping();
    assert.equal((await between()).heard, '');
    await honest('victim', VICTIM);
    await world.ip('attacker', `neigh del ${VICTIM.ipv4} dev eth0`);
  });

  it('lets nobody listen in on a bridge that has forgotten where its stations are', async () => {
    const flooded = async (): Promise<string> => {
      const { child, heard } = await sniff(world, 'attacker');
      await honest('victim', VICTIM);
      await stop(child);
      return heard();
    };
    await world.ip('node', 'link set cni0 type bridge ageing_time 0');
    await stop(await keeping('--anti-spoof=off'));
    assert.match(await flooded(), /proxy 10\.99\.0\.2.*proxy fd00:99::2/s);
    await keeping();
    assert.equal(await flooded(), '');
    await world.ip('node', 'link set cni0 type bridge ageing_time 30000');
  });
});

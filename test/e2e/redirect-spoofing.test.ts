// A pod that takes its neighbour's address: on a bridge it could get the neighbour's credentials, and
// the guard keeps them from it without harm to anybody else. With real frames in network namespaces.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { attackFault, claim, sniff } from './helpers/attacks.ts';
import { NODE_IP, NODE_IP6, netnsFault, stop, World } from './helpers/netns.ts';
import { METADATA, METADATA6, RedirectRun, recordPod, SILENCE } from './helpers/redirect.ts';

const flood = readFileSync(new URL('./helpers/flood.py', import.meta.url), 'utf8');
const VICTIM = { ipv4: '10.99.0.2', ipv6: 'fd00:99::2' };
const ATTACKER = { ipv4: '10.99.0.3', ipv6: 'fd00:99::3' };

describe("a neighbour's address on a bridge", {
  skip: netnsFault() || attackFault(),
  timeout: 900_000,
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
    // The kernel may take some seconds to find an owner again whose address another has claimed.
    for (let tries = 1; ; tries++) {
      const answers = await Promise.all([world.curl(name, METADATA), world.curl(name, METADATA6)]);
      if (tries < 4 && answers.includes(SILENCE)) continue;
      assert.deepEqual(answers, [`proxy ${ipv4}`, `proxy ${ipv6}`]);
      return;
    }
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

  const STOLEN = { ipv4: `proxy ${VICTIM.ipv4}`, ipv6: `proxy ${VICTIM.ipv6}` };
  const NOTHING = { ipv4: SILENCE, ipv6: SILENCE };

  /** Packets that the guard has stopped: requests from a wrong port, or answers to one, by rule. */
  async function dropped(chain: 'prerouting' | 'output'): Promise<number[]> {
    const table = await world.in('node', 'nft', 'list', 'chain', 'bridge', 'pod_iam', chain);
    return [...table.matchAll(/counter packets (\d+) bytes \d+ drop/g)].map(([, count]) => Number(count));
  }

  /** The node does not believe each claim at once; an attacker would try again as well. */
  async function succeeds(attack: () => Promise<unknown>, wanted: unknown): Promise<void> {
    for (let tries = 1; ; tries++) {
      const got = await attack();
      if (isDeepStrictEqual(got, wanted)) return;
      if (tries === 10) assert.deepEqual(got, wanted);
    }
  }

  /** It counts as tried only once the guard has stopped something by so many of its rules. */
  async function failsAlways(
    attack: () => Promise<unknown>,
    nothing: unknown,
    { chain = 'prerouting', rules = 2 }: { chain?: 'prerouting' | 'output'; rules?: number } = {},
  ): Promise<void> {
    const before = await dropped(chain);
    const isTried = async () =>
      (await dropped(chain)).filter((count, nth) => count > before[nth]!).length >= rules;
    for (let tries = 0; !(await isTried()); tries++) {
      assert.ok(tries < 12, 'the attack was not even tried');
      assert.deepEqual(await attack(), nothing);
    }
  }

  it('is had for the asking without the guard', async () => {
    await keeping('--anti-spoof=off');
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
    await succeeds(steal, STOLEN);
    assert.doesNotMatch(await redirect.rules(), /table bridge/);
  });

  it('is of no use with it, and both go on with their own', async () => {
    await keeping();
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
    await failsAlways(steal, NOTHING);
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
  });

  it('is of no use on a bridge whose frames pass iptables, either', async () => {
    const settings = ['iptables', 'ip6tables'].map((name) => `net.bridge.bridge-nf-call-${name}`);
    const passed = (on: 0 | 1) =>
      world.in('node', 'sysctl', '-qw', ...settings.map((name) => `${name}=${on}`));
    await passed(1);
    try {
      await stop(await keeping('--anti-spoof=off'));
      await succeeds(steal, STOLEN);
      await keeping();
      await failsAlways(steal, NOTHING);
      await honest('victim', VICTIM);
    } finally {
      await passed(0);
    }
  });

  const macOf = async (name: string): Promise<string> =>
    /link\/ether (\S+)/.exec(await world.in(name, 'ip', 'link', 'show', 'eth0'))![1]!;

  it('is of no use to a pod that copies the MAC address as well', async () => {
    const [own, copied] = [await macOf('attacker'), await macOf('victim')];
    const asTwin = async () => {
      await world.ip('attacker', `link set eth0 address ${copied}`);
      const stolen = await steal();
      await world.ip('attacker', `link set eth0 address ${own}`);
      return stolen;
    };
    await stop(await keeping('--anti-spoof=off'));
    await succeeds(asTwin, STOLEN);
    await keeping();
    await failsAlways(asTwin, NOTHING);
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
  });

  it('lets nobody listen in on the way back, who claims the address and passes all on to its owner', async () => {
    const forward = ['ip_forward=1', 'conf.all.send_redirects=0', 'conf.eth0.send_redirects=0'];
    await world.in('attacker', 'sysctl', '-qw', ...forward.map((setting) => `net.ipv4.${setting}`));
    await world.ip('attacker', `neigh replace ${VICTIM.ipv4} lladdr ${await macOf('victim')} dev eth0`);
    const listenIn = async (): Promise<string> => {
      const { child, heard } = await sniff(world, 'attacker');
      const claiming = await claim(world, 'attacker', VICTIM.ipv4);
      // For a second after it has learned an address the kernel believes no other.
      await delay(1200);
      const got = await world.curlBriefly('victim', METADATA);
      await stop(claiming);
      await stop(child);
      return /proxy 10\.99\.0\.2/.test(heard()) ? `heard while the owner got: ${got}` : heard();
    };
    await stop(await keeping('--anti-spoof=off'));
    await succeeds(listenIn, `heard while the owner got: proxy ${VICTIM.ipv4}`);
    await keeping();
    await failsAlways(listenIn, '', { chain: 'output', rules: 1 });
    await world.ip('victim', 'neigh flush dev eth0');
    await honest('victim', VICTIM);
    await world.ip('attacker', `neigh del ${VICTIM.ipv4} dev eth0`);
  });

  it('lets nobody listen in on a bridge that has forgotten where its stations are', async () => {
    const flooded = async (): Promise<string[]> => {
      const { child, heard } = await sniff(world, 'attacker');
      await honest('victim', VICTIM);
      await stop(child);
      return [...heard().matchAll(/proxy [\d.a-f:]+/g)].map(([text]) => text).sort();
    };
    await world.ip('node', 'link set cni0 type bridge ageing_time 0');
    await stop(await keeping('--anti-spoof=off'));
    await succeeds(flooded, [`proxy ${VICTIM.ipv4}`, `proxy ${VICTIM.ipv6}`]);
    await keeping();
    await failsAlways(flooded, [], { chain: 'output' });
    await world.ip('node', 'link set cni0 type bridge ageing_time 30000');
  });

  it('cannot be made to look like that of a flood', async () => {
    const gateway = /link\/ether (\S+)/.exec(await world.in('node', 'ip', 'link', 'show', 'cni0'))![1];
    const isRefused = async (): Promise<boolean> => {
      const input = await world.in('node', 'nft', 'list', 'chain', 'inet', 'pod_iam', 'input');
      return !/ packets 0 bytes 0 reject/.test(input.replaceAll(/.*ip6.*/g, ''));
    };
    /** Until anything was refused for it, which is the same for whoever has the address. */
    const floodInItsName = async (mostMs: number): Promise<string> => {
      // With no word of its own about where the address is, so that the node goes on answering its owner.
      await world.ip(
        'attacker',
        `neigh replace 10.99.0.1 lladdr ${gateway} nud permanent dev eth0`,
        `addr add ${VICTIM.ipv4}/24 dev eth0`,
      );
      const child = world.start('attacker', 'python3', '-c', flood, '169.254.169.254', VICTIM.ipv4);
      const endMs = performance.now() + mostMs;
      while (performance.now() < endMs && !(await isRefused())) await delay(50);
      await stop(child, 'SIGKILL');
      await world.ip(
        'attacker',
        `addr del ${VICTIM.ipv4}/24 dev eth0`,
        'neigh del 10.99.0.1 nud permanent dev eth0',
      );
      return (await isRefused()) ? 'refused' : 'nothing refused';
    };
    await stop(await keeping('--anti-spoof=off'));
    await honest('victim', VICTIM);
    const startedMs = performance.now();
    assert.equal(await floodInItsName(60_000), 'refused');
    // The same as long would do again.
    const mostMs = 2 * (performance.now() - startedMs);
    await keeping();
    await failsAlways(() => floodInItsName(mostMs), 'nothing refused', { rules: 1 });
    await honest('victim', VICTIM);
    await honest('attacker', ATTACKER);
  });
});

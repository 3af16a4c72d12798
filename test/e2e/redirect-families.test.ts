// The redirect in both address families: pods with one address or two, on a bridge and on routed veths,
// on nodes that have IPv6 and on nodes that have none.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { NODE_IP, NODE_IP6, netnsFault, OUTSIDE_IP6, stop, World } from './helpers/netns.ts';
import { DAEMON, METADATA, METADATA6, NO_NFT, REFUSED, RedirectRun, SILENCE } from './helpers/redirect.ts';

const DAEMON6 = `http://[${NODE_IP6}]:8181`;
const PODS = {
  'bridge-four': { on: 'bridge', ipv4: '10.99.0.4' },
  'bridge-six': { on: 'bridge', ipv6: 'fd00:99::6' },
  'bridge-dual': { on: 'bridge', ipv4: '10.99.0.7', ipv6: 'fd00:99::7' },
  'route-four': { on: 'route', ipv4: '10.99.1.4' },
  'route-six': { on: 'route', ipv6: 'fd00:99:1::6' },
  'route-dual': { on: 'route', ipv4: '10.99.1.7', ipv6: 'fd00:99:1::7' },
} as const;

describe('the redirect in both address families', { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;

  before(async () => {
    world = new World();
    await world.build({ pods: false });
    for (const [name, place] of Object.entries(PODS)) await world.addPod(name, place);
    const metadata = ['169.254.169.254', 'fd00:ec2::254'];
    await world.serve('outside', 'IMDS', metadata, 80);
    await world.serve('outside', 'IMDS', metadata, 8080);
    await world.serve('node', 'proxy', [NODE_IP, NODE_IP6], 8181);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
  });
  afterEach(() => redirect.end());

  /** What each pod gets of the endpoint of each family that it has. */
  async function asked(path = ''): Promise<Record<string, string>> {
    const answers = Object.entries(PODS).flatMap(([name, place]) => [
      ...('ipv4' in place ? [[`${name} ${place.ipv4}`, world.curl(name, METADATA + path)] as const] : []),
      ...('ipv6' in place ? [[`${name} ${place.ipv6}`, world.curl(name, METADATA6 + path)] as const] : []),
    ]);
    return Object.fromEntries(await Promise.all(answers.map(async ([key, answer]) => [key, await answer])));
  }

  /** @param of what each pod is to get, by its address */
  const everywhere = (of: (address: string) => string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(PODS).flatMap(([name, place]) =>
        [...('ipv4' in place ? [place.ipv4] : []), ...('ipv6' in place ? [place.ipv6] : [])].map(
          (address) => [`${name} ${address}`, of(address)],
        ),
      ),
    );

  it('lets all of them reach the real service while it is not there', async () => {
    assert.deepEqual(
      await asked(),
      everywhere((address) => `IMDS ${address}`),
    );
    assert.equal(await world.curl('bridge-dual', DAEMON6), 'proxy fd00:99::7');
    assert.equal(await world.curl('outside', DAEMON6), `proxy ${OUTSIDE_IP6}`);
  });

  for (const backend of ['nft', 'iptables'] as const) {
    describe(`kept by ${backend}`, () => {
      let env: Record<string, string>;
      beforeEach(() => {
        env = backend === 'iptables' ? redirect.shadow(NO_NFT) : {};
      });

      it('leads both endpoints to the daemon, told one address of the node, and shuts every other way', async () => {
        const child = await redirect.keeping([], env);
        assert.deepEqual(
          await asked(),
          everywhere((address) => `proxy ${address}`),
        );
        assert.deepEqual(
          await asked(':8080'),
          everywhere(() => REFUSED),
        );
        const direct = [
          ...['bridge-four', 'route-dual', 'outside'].map((place) => world.curlBriefly(place, DAEMON)),
          ...['bridge-six', 'route-dual', 'outside'].map((place) => world.curlBriefly(place, DAEMON6)),
        ];
        assert.deepEqual(
          await Promise.all(direct),
          direct.map(() => SILENCE),
        );
        assert.equal(await world.curl('node', METADATA6), `IMDS ${NODE_IP6}`);
        assert.equal(await world.curl('node', DAEMON6), `proxy ${NODE_IP6}`);
        await stop(child);
        await redirect.remove(env);
        assert.doesNotMatch(await redirect.rules(), /8181|169\.254|fd00:ec2/);
      });

      it('does the same for a node whose first address is the IPv6 one', async () => {
        const child = redirect.start([`--host-ip=${NODE_IP6}`], env);
        await redirect.says(child, 'redirect in place');
        assert.deepEqual(
          await asked(),
          everywhere((address) => `proxy ${address}`),
        );
      });
    });
  }

  it('refuses the endpoint of a family that the node does not have, until it has it', async () => {
    await world.ip('node', `addr del ${NODE_IP6}/64 dev eth0`);
    const child = await redirect.keeping();
    assert.deepEqual(
      await asked(),
      everywhere((address) => (address.includes(':') ? REFUSED : `proxy ${address}`)),
    );
    await world.ip('node', `addr add ${NODE_IP6}/64 dev eth0 nodad`);
    await redirect.says(child, 'redirect set again');
    assert.deepEqual(
      await asked(),
      everywhere((address) => `proxy ${address}`),
    );
    await stop(child);
  });
});

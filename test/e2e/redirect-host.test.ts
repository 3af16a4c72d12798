// The node's own network: the fence around the real service for hostNetwork pods, and the daemon that
// keeps the rule from within, as kube2iam's --iptables does.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  BRIDGED_IP,
  BRIDGED_IP6,
  NODE_IP,
  NODE_IP6,
  netnsFault,
  ROUTED_IP,
  stop,
  World,
} from './helpers/netns.ts';
import { DAEMON, METADATA, METADATA6, NO_NFT, REFUSED, RedirectRun, SILENCE } from './helpers/redirect.ts';

const entry = fileURLToPath(new URL('../../src/proxy/main.ts', import.meta.url));
const program = `import { main } from ${JSON.stringify(entry)}; process.exitCode = await main(process.argv.slice(1));`;

describe("the node's own network", { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;

  before(async () => {
    world = new World();
    await world.build();
    await world.serve('outside', 'IMDS', ['169.254.169.254', 'fd00:ec2::254'], 80);
    await world.serve('outside', 'IMDS', ['169.254.169.254', 'fd00:ec2::254'], 8080);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
  });
  afterEach(() => redirect.end());

  /** What a user of the node gets of the real service. */
  const asUser = async (uid: number, url: string): Promise<string> => {
    const script = `curl -gs -m 4 ${url}; echo " $?"`;
    const output = await world.in(
      'node',
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${uid}`,
      '--clear-groups',
      'sh',
      '-c',
      script,
    );
    const [, body = '', code] = /^(.*) (\d+)\n$/.exec(output)!;
    return code === '0' ? body : `curl ${code}`;
  };

  for (const backend of ['nft', 'iptables'] as const) {
    it(`is fenced off by ${backend} for all but root, the daemon and the users that are named`, async () => {
      const env = backend === 'iptables' ? redirect.shadow(NO_NFT) : {};
      await stop(await redirect.keeping([], env));
      assert.equal(await asUser(1000, METADATA), `IMDS ${NODE_IP}`);
      const child = await redirect.keeping(['--fence-host-network', '--fence-exempt-users=1001'], env);
      assert.equal(redirect.report()!.backend, backend);
      for (const url of [METADATA, METADATA6, `${METADATA}:8080`, `${METADATA6}:8080`]) {
        const answer = `IMDS ${url.includes('[') ? NODE_IP6 : NODE_IP}`;
        assert.deepEqual(await Promise.all([0, 65_532, 1001, 1000].map((uid) => asUser(uid, url))), [
          answer,
          answer,
          answer,
          REFUSED,
        ]);
      }
      await stop(child);
      await stop(await redirect.keeping([], env));
      assert.equal(await asUser(1000, METADATA), `IMDS ${NODE_IP}`);
    });

    describe(`with a daemon that keeps the rule by ${backend} from within`, () => {
      let env: Record<string, string>;
      beforeEach(() => {
        env = backend === 'iptables' ? redirect.shadow(NO_NFT) : {};
      });

      const daemon = (...flags: string[]) =>
        redirect.startProgram(
          program,
          [
            ...[
              '--iptables',
              `--host-ip=${NODE_IP}`,
              '--node=node-1',
              '--pod-wait=0',
              '--imds-tokens=optional',
            ],
            ...['--api-server=https://127.0.0.1:1', '--api-token=none', ...flags],
          ],
          env,
        );
      /** Whom the daemon takes the asker to be: the address alone, as no API server tells it of pods. */
      const seenFrom = async (place: string, url: string): Promise<string> => {
        const body = await world.curl(place, `${url}/latest/meta-data/iam/security-credentials/`);
        return body.startsWith('{')
          ? /[\d.a-f:]{7,}/.exec((JSON.parse(body) as { Message: string }).Message)![0]
          : body;
      };

      it('serves both families, shuts every other way, and stays shut when the daemon is killed', async () => {
        const child = daemon();
        await redirect.says(child, 'redirect in place');
        assert.equal(await seenFrom('bridged', METADATA), BRIDGED_IP);
        assert.equal(await seenFrom('bridged', METADATA6), BRIDGED_IP6);
        assert.equal(await seenFrom('routed', METADATA), ROUTED_IP);
        assert.equal(await world.curl('bridged', `${METADATA}:8080`), REFUSED);
        const direct = ['bridged', 'routed', 'outside'].map((place) => world.curlBriefly(place, DAEMON));
        assert.deepEqual(await Promise.all(direct), [SILENCE, SILENCE, SILENCE]);
        assert.equal(await world.curl('node', METADATA), `IMDS ${NODE_IP}`);
        await stop(child, 'SIGKILL');
        assert.equal(await world.curl('bridged', METADATA), REFUSED);
        assert.equal(await world.curl('routed', METADATA6), REFUSED);
      });

      it('leaves the rule on SIGTERM, and sets it again when it is flushed', async (test: TestContext) => {
        const child = daemon();
        await redirect.says(child, 'redirect in place');
        if (backend === 'nft') await redirect.hears();
        const startedMs = performance.now();
        await world.in('node', 'nft', 'flush', 'ruleset');
        await redirect.says(child, 'redirect set again');
        test.diagnostic(
          `${backend}: set again ${Math.round(performance.now() - startedMs)} ms after the flush`,
        );
        assert.equal(await seenFrom('bridged', METADATA), BRIDGED_IP);
        assert.equal(await stop(child), 0);
        assert.equal(await world.curl('bridged', METADATA), REFUSED);
      });

      it("takes the peers' interface patterns", async () => {
        for (const [pattern, bridged, routed] of [
          ['cni0', BRIDGED_IP, REFUSED],
          ['cali+', REFUSED, ROUTED_IP],
          ['!eth0', BRIDGED_IP, ROUTED_IP],
        ] as const) {
          const child = daemon(`--host-interface=${pattern}`);
          await redirect.says(child, 'redirect in place');
          assert.deepEqual(
            [await seenFrom('bridged', METADATA), await seenFrom('routed', METADATA)],
            [bridged, routed],
            pattern,
          );
          await stop(child);
        }
      });
    });
  }

  it('has no interface of that name: the daemon says so, and starts nothing', async () => {
    const child = redirect.startProgram(program, [
      ...['--iptables', `--host-ip=${NODE_IP}`, '--node=node-1', '--host-interface=docker0'],
    ]);
    await redirect.ends(child);
    assert.equal(child.exitCode, 3);
    assert.match(redirect.errors.join(''), /^Error: there is no interface docker0 on node node-1\n/);
    assert.doesNotMatch(await redirect.rules(), /pod_iam/);
  });
});

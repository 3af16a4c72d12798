// The redirect with a real packet filter, in network namespaces of its own: no cluster is needed. Here:
// where requests go, and that the rule is set, kept, changed and taken away.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { missingLines } from '../../src/proxy/redirect/listing.ts';
import { renderNft } from '../../src/proxy/redirect/render.ts';
import { BRIDGED_IP, NODE_IP, netnsFault, OUTSIDE_IP, ROUTED_IP, stop, World } from './helpers/netns.ts';
import { DAEMON, METADATA, NO_NFT, REFUSED, RedirectRun, SILENCE } from './helpers/redirect.ts';

describe('the redirect on a node', { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;
  let proxy: ChildProcess;

  before(async () => {
    world = new World();
    await world.build();
    await world.serve('outside', 'IMDS', ['169.254.169.254'], 80);
    await world.serve('outside', 'IMDS', ['169.254.169.254'], 8080);
    await world.ip('outside', 'addr add 169.254.170.23/32 dev lo');
    await world.serve('outside', 'agent', ['169.254.170.23'], 80);
    proxy = await world.serve('node', 'proxy', [NODE_IP], 8181);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
  });
  afterEach(() => redirect.end());

  it('lets pods reach the real service while it is not there: the world of these tests is sound', async () => {
    assert.equal(await world.curl('bridged', METADATA), `IMDS ${BRIDGED_IP}`);
    assert.equal(await world.curl('routed', METADATA), `IMDS ${ROUTED_IP}`);
    assert.equal(await world.curl('bridged', `${METADATA}:8080`), `IMDS ${BRIDGED_IP}`);
    assert.equal(await world.curl('bridged', DAEMON), `proxy ${BRIDGED_IP}`);
    assert.equal(await world.curl('outside', DAEMON), `proxy ${OUTSIDE_IP}`);
    assert.equal(await world.curl('node', METADATA), `IMDS ${NODE_IP}`);
  });

  for (const name of ['nft', 'iptables'] as const) {
    describe(`kept by ${name}`, () => {
      let env: Record<string, string>;
      beforeEach(() => {
        env = name === 'iptables' ? redirect.shadow(NO_NFT) : {};
      });

      it('leads pods to the daemon with their own addresses, and shuts every other way', async () => {
        const child = await redirect.keeping([], env);
        assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curl('routed', METADATA), `proxy ${ROUTED_IP}`);
        const direct = ['bridged', 'routed', 'outside'].map((place) => world.curlBriefly(place, DAEMON));
        assert.deepEqual(await Promise.all(direct), [SILENCE, SILENCE, SILENCE]);
        assert.equal(await world.curl('bridged', `${METADATA}:8080`), REFUSED);
        assert.equal(await world.curl('routed', `${METADATA}:8080`), REFUSED);
        // The node's own programs, the daemon among them, still have the real one.
        assert.equal(await world.curl('node', METADATA), `IMDS ${NODE_IP}`);
        assert.equal(await world.curl('node', DAEMON), `proxy ${NODE_IP}`);
        const { checkedAtMs, ...report } = redirect.report()!;
        const { antiSpoof } = report;
        assert.deepEqual(report, {
          ...{ inPlace: true, backend: name, port: 8181, message: null, warnings: [] },
          antiSpoof: name === 'nft' ? { inPlace: true, message: null } : antiSpoof,
        });
        assert.equal(antiSpoof?.inPlace, name === 'nft');
        assert.ok(Date.now() - checkedAtMs < 10_000);
        assert.equal(await stop(child), 0);
      });

      it('sets the same rules when it starts again, and leaves them when it ends', async () => {
        const once = async () => {
          await stop(await redirect.keeping([], env));
          return (await redirect.rules()).replaceAll(/packets \d+ bytes \d+/g, '');
        };
        const first = await once();
        assert.equal(await once(), first);
        assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
      });

      it('forgets the former rules when its settings change', async () => {
        await stop(await redirect.keeping(['--app-port=8282'], env));
        assert.match(await redirect.rules(), /8282/);
        await stop(await redirect.keeping([], env));
        assert.doesNotMatch(await redirect.rules(), /8282/);
        assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
      });

      it('leads the container credentials to the daemon, from pods and from the node, only when told so', async () => {
        const container = 'http://169.254.170.23';
        await stop(await redirect.keeping([], env));
        assert.equal(await world.curl('bridged', container), `agent ${BRIDGED_IP}`);
        assert.equal(await world.curl('node', container), `agent ${NODE_IP}`);
        await stop(await redirect.keeping(['--container-credentials'], env));
        assert.equal(await world.curl('bridged', container), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curl('routed', container), `proxy ${ROUTED_IP}`);
        assert.equal(await world.curl('node', container), `proxy ${NODE_IP}`);
        assert.equal(await world.curl('bridged', `${container}:8080`), REFUSED);
        assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curlBriefly('bridged', DAEMON), SILENCE);
        await stop(await redirect.keeping([], env));
        assert.equal(await world.curl('bridged', container), `agent ${BRIDGED_IP}`);
        assert.doesNotMatch(await redirect.rules(), /169\.254\.170|fd00:ec2::23/);
      });

      it('heals a flushed rule set', async () => {
        const child = await redirect.keeping([], env);
        if (name === 'nft') await redirect.hears();
        await world.in('node', 'nft', 'flush', 'ruleset');
        const startedMs = performance.now();
        await redirect.says(child, 'redirect set again');
        const tookMs = performance.now() - startedMs;
        // By an event, or by its clock of five seconds.
        const mostMs = await redirect.patienceMs(name === 'nft' ? 1_000 : 7_000);
        assert.ok(tookMs < mostMs, `${tookMs} ms, at most ${mostMs} ms`);
        assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
      });

      it('takes the rule away on removal, proves it, and then waits', async () => {
        await stop(await redirect.keeping([], env));
        assert.match(await redirect.rules(), /8181/);
        const child = await redirect.remove(env);
        assert.equal(readFileSync(redirect.path('done'), 'utf8'), 'removed\n');
        assert.doesNotMatch(await redirect.rules(), /pod.iam|8181|169\.254/);
        assert.equal(await world.curl('bridged', METADATA), `IMDS ${BRIDGED_IP}`);
        assert.equal(child.exitCode, null);
        assert.equal(await stop(child), 0);
      });
    });
  }

  it('notices at once when a single rule or chain of it is taken away', async () => {
    const child = await redirect.keeping();
    for (const chain of ['forward', 'input', 'prerouting']) {
      const count = child.log.length;
      await world.in('node', 'nft', 'flush', 'chain', 'inet', 'pod_iam', chain);
      await redirect.says(child, 'redirect set again', count);
    }
  });

  it('notices within its interval when a rule is added or replaced, which no event of loss tells', async () => {
    const child = await redirect.keeping();
    await world.in('node', 'nft', 'insert', 'rule', 'inet', 'pod_iam', 'forward', 'accept');
    await redirect.says(child, 'redirect set again');
    assert.equal(await world.curl('bridged', `${METADATA}:8080`), REFUSED);
  });

  it('never opens the way to the real service when the daemon is dead', async () => {
    const child = await redirect.keeping();
    await stop(proxy, 'SIGKILL');
    assert.equal(await world.curl('bridged', METADATA), REFUSED);
    assert.equal(await world.curl('routed', METADATA), REFUSED);
    await stop(child, 'SIGKILL');
    assert.equal(await world.curl('bridged', METADATA), REFUSED);
    proxy = await world.serve('node', 'proxy', [NODE_IP], 8181);
  });

  it('cuts a connection to the real service that was open before', async () => {
    // Connects, and asks only when the file is there.
    const go = redirect.path('go');
    const script = `exec 3<>/dev/tcp/169.254.169.254/80; echo open; until [ -e ${go} ]; do sleep 0.05; done; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 5 cat <&3`;
    const askLate = async (meanwhile: () => Promise<unknown>): Promise<string> => {
      const child = world.start('bridged', 'bash', '-c', script);
      let output = '';
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
      const ended = once(child, 'close');
      await redirect.until(() => output.includes('open'), 'an open connection');
      await meanwhile();
      writeFileSync(go, '');
      await ended;
      rmSync(go);
      return output;
    };
    assert.match(await askLate(async () => {}), /IMDS/);
    assert.doesNotMatch(await askLate(() => redirect.keeping()), /IMDS/);
  });

  it('keeps to the interface that was named, or to all others', async () => {
    const named = await redirect.keeping(['--host-interface=cni+']);
    assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
    assert.equal(await world.curl('routed', METADATA), REFUSED);
    await stop(named);
    await redirect.keeping(['--host-interface=!cni0']);
    assert.equal(await world.curl('bridged', METADATA), REFUSED);
    assert.equal(await world.curl('routed', METADATA), `proxy ${ROUTED_IP}`);
  });

  it("makes the tokens' key once, for the daemon's user alone", async () => {
    await stop(await redirect.keeping());
    const path = redirect.path('token.key');
    const key = readFileSync(path);
    assert.equal(key.length, 32);
    const { mode, uid } = statSync(path);
    assert.deepEqual([mode & 0o777, uid], [0o400, 65_532]);
    await stop(await redirect.keeping());
    assert.deepEqual(readFileSync(path), key);
    assert.equal(statSync(redirect.path('redirect.json')).mode & 0o777, 0o644);
    writeFileSync(path, 'torn');
    await stop(await redirect.keeping());
    assert.equal(readFileSync(path).length, 32);
  });

  it("says that the address is not the node's", async () => {
    const child = redirect.start(['--host-ip=10.1.2.3']);
    await redirect.ends(child);
    assert.equal(child.exitCode, 3);
    assert.equal(child.log.at(-1)!['msg'], '10.1.2.3 is no address of node node-1');
    assert.equal(redirect.report()!.inPlace, false);
  });

  it("uses the node's own programs from beneath its root", async () => {
    // As in the pod: an empty folder, with the node's /usr mounted in it.
    const root = redirect.path('host');
    const usr = `${root}/usr`;
    mkdirSync(usr, { recursive: true });
    const mounted = `mount --bind /usr ${usr} && mount -o remount,ro,bind ${usr} && exec "$@"`;
    const flags = [`--host-ip=${NODE_IP}`, `--host-root=${root}`];
    const child = redirect.start(flags, {}, ['sh', '-c', mounted, 'sh']);
    await redirect.says(child, 'redirect in place');
    assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
    await redirect.until(() => redirect.report()?.antiSpoof?.inPlace === true, 'the guard');
    assert.equal(redirect.report()!.backend, 'nft');
    assert.equal(await stop(child), 0);
  });

  it('keeps the rule on a node that knows no IPv6', async () => {
    const env = redirect.shadow({
      ...NO_NFT,
      ip6tables: '#!/bin/sh\necho "Table does not exist (do you need to insmod?)" >&2\nexit 3\n',
    });
    await stop(await redirect.keeping([], env));
    assert.equal(await world.curl('bridged', METADATA), `proxy ${BRIDGED_IP}`);
    await redirect.remove(env);
  });

  it('writes scripts that nft takes, for hosts of both address families', async () => {
    for (const hosts of [
      { ipv4: '10.0.0.7', ipv6: null },
      { ipv4: null, ipv6: '2001:db8::7' },
      { ipv4: '10.0.0.7', ipv6: '2001:db8::7' },
    ]) {
      for (const hostInterface of ['eni+', '!eth0', null]) {
        const rule = { hosts, port: 8181, metadataAddress: '169.254.169.254', hostInterface };
        const script = renderNft({ ...rule, containerCredentials: true, fence: [0, 65_532, 1000] });
        writeFileSync(redirect.path('script'), script);
        await world.in('node', 'nft', '-f', redirect.path('script'));
        const listing = await world.in('node', 'nft', 'list', 'table', 'inet', 'pod_iam');
        assert.deepEqual(missingLines(script, listing), []);
      }
    }
  });

  it('says which node has no packet filter, and what to do', async () => {
    const none = '#!/bin/sh\nexit 127\n';
    const env = redirect.shadow({ nft: none, iptables: none, 'iptables-nft': none, 'iptables-legacy': none });
    const child = redirect.start([`--host-ip=${NODE_IP}`], env);
    await redirect.ends(child);
    assert.equal(child.exitCode, 3);
    const { msg, next } = child.log.at(-1)!;
    assert.equal(msg, 'neither nft nor iptables works on node node-1');
    assert.equal(next, 'install with --redirect-image IMAGE, an image that holds node and nft');
    assert.equal(redirect.report()!.message, msg);
  });
});

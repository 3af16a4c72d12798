// The redirect with a real packet filter, in network namespaces of its own: no cluster is needed.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { missingLines, renderNft } from '../../src/proxy/redirect/render.ts';
import { BRIDGED_IP, NODE_IP, netnsFault, ROUTED_IP, stop, World } from './helpers/netns.ts';

const main = fileURLToPath(new URL('../../src/proxy/redirect/main.ts', import.meta.url));
const program = `import { redirectMain } from ${JSON.stringify(main)}; process.exitCode = await redirectMain(process.argv.slice(1));`;
const address = 'http://169.254.169.254';
const container = 'http://169.254.170.23';
const daemon = `http://${NODE_IP}:8181`;
// curl: 7 is a refused connection, 28 a time-out.
const refused = 'curl 7';
const silence = 'curl 28';

describe('the redirect on a node', { skip: netnsFault(), timeout: 120_000 }, () => {
  let world: World;
  let stateDir: string;
  let proxy: ChildProcess;
  const errors: string[] = [];

  before(async () => {
    world = new World();
    await world.build();
    await world.serve('outside', 'IMDS', '169.254.169.254', 80);
    await world.serve('outside', 'IMDS', '169.254.169.254', 8080);
    proxy = await world.serve('node', 'proxy', NODE_IP, 8181);
    await world.in('outside', 'ip', 'addr', 'add', '169.254.170.23/32', 'dev', 'lo');
    await world.serve('outside', 'agent', '169.254.170.23', 80);
  });
  after(() => world.destroy());
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-redirect-'));
  });
  afterEach(async () => {
    await world.in('node', 'nft', 'flush', 'ruleset');
    rmSync(stateDir, { recursive: true });
  });

  /** Starts the program in the node's namespace and collects its log. */
  function redirect(
    flags: string[],
    env: Record<string, string> = {},
    before: string[] = [],
  ): ChildProcess & { log: Record<string, unknown>[] } {
    const words = Object.entries({ NODE_NAME: 'node-1', ...env }).map(([name, value]) => `${name}=${value}`);
    const child = world.start(
      'node',
      'env',
      ...words,
      ...before,
      process.execPath,
      '--input-type=module',
      '-e',
      program,
      '--',
      ...[`--state-dir=${stateDir}`, ...flags],
    );
    const log: Record<string, unknown>[] = [];
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) log.push(JSON.parse(line));
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    return Object.assign(child, { log });
  }

  const report = () => JSON.parse(readFileSync(join(stateDir, 'redirect.json'), 'utf8'));
  const rules = () => world.in('node', 'nft', 'list', 'ruleset');

  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const endMs = Date.now() + 10_000; Date.now() < endMs; await delay(20)) {
      if (await holds()) return;
    }
    assert.fail(`it never came to this: ${what}; stderr: ${errors.join('')}`);
  }

  async function keeping(flags: string[] = [], env: Record<string, string> = {}) {
    const child = redirect([`--host-ip=${NODE_IP}`, ...flags], env);
    await until(() => child.log.some(({ msg }) => msg === 'redirect in place'), 'redirect in place');
    await until(() => existsSync(join(stateDir, 'redirect.json')), 'a report');
    return child;
  }

  it('lets pods reach the real service while it is not there: the world of these tests is sound', async () => {
    assert.equal(await world.curl('bridged', address), `IMDS ${BRIDGED_IP}`);
    assert.equal(await world.curl('routed', address), `IMDS ${ROUTED_IP}`);
    assert.equal(await world.curl('bridged', `${address}:8080`), `IMDS ${BRIDGED_IP}`);
    assert.equal(await world.curl('bridged', daemon), `proxy ${BRIDGED_IP}`);
    assert.equal(await world.curl('outside', daemon), 'proxy 10.98.0.1');
    assert.equal(await world.curl('node', address), `IMDS ${NODE_IP}`);
  });

  for (const [name, env] of [
    ['nft', {}],
    // No PATH of this child leads to an nft that works.
    ['iptables', { PATH: '' }],
  ] as const) {
    describe(`kept by ${name}`, () => {
      let extra: Record<string, string>;
      beforeEach(() => {
        extra = name === 'iptables' ? { ...env, PATH: withoutNft() } : {};
      });

      function withoutNft(): string {
        const folder = join(stateDir, 'bin');
        rmSync(folder, { recursive: true, force: true });
        mkdirWith(
          folder,
          'nft',
          '#!/bin/sh\necho "Error: Could not process rule: Operation not supported" >&2\nexit 1\n',
        );
        return `${folder}:${process.env['PATH']}`;
      }

      it('leads pods to the daemon with their own addresses, and shuts every other way', async () => {
        const child = await keeping([], extra);
        assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curl('routed', address), `proxy ${ROUTED_IP}`);
        assert.equal(await world.curl('bridged', daemon), silence);
        assert.equal(await world.curl('routed', daemon), silence);
        assert.equal(await world.curl('outside', daemon), silence);
        assert.equal(await world.curl('bridged', `${address}:8080`), refused);
        assert.equal(await world.curl('routed', `${address}:8080`), refused);
        // The node's own programs, the daemon among them, still have the real one.
        assert.equal(await world.curl('node', address), `IMDS ${NODE_IP}`);
        assert.equal(await world.curl('node', daemon), `proxy ${NODE_IP}`);
        assert.deepEqual(
          { ...report(), checkedAtMs: 0 },
          { inPlace: true, backend: name, checkedAtMs: 0, message: null },
        );
        assert.ok(Date.now() - report().checkedAtMs < 10_000);
        assert.equal(await stop(child), 0);
      });

      it('leads the container credentials to the daemon, from pods and from the node, only when told so', async () => {
        await stop(await keeping([], extra));
        assert.equal(await world.curl('bridged', container), `agent ${BRIDGED_IP}`);
        assert.equal(await world.curl('node', container), `agent ${NODE_IP}`);
        await stop(await keeping(['--container-credentials'], extra));
        assert.equal(await world.curl('bridged', container), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curl('routed', container), `proxy ${ROUTED_IP}`);
        assert.equal(await world.curl('node', container), `proxy ${NODE_IP}`);
        assert.equal(await world.curl('bridged', `${container}:8080`), refused);
        assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
        assert.equal(await world.curl('bridged', daemon), silence);
        assert.equal(await world.curl('outside', daemon), silence);
        await stop(await keeping([], extra));
        assert.equal(await world.curl('bridged', container), `agent ${BRIDGED_IP}`);
        assert.doesNotMatch(await rules(), /169\.254\.170|fd00:ec2::23/);
      });

      it('sets the same rules when it starts again, and leaves them when it ends', async () => {
        const once = async () => {
          await stop(await keeping([], extra));
          return (await rules()).replaceAll(/packets \d+ bytes \d+/g, '');
        };
        const first = await once();
        assert.equal(await once(), first);
        assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
      });

      it('forgets the former rules when its settings change', async () => {
        await stop(await keeping(['--app-port=8282'], extra));
        assert.match(await rules(), /8282/);
        await stop(await keeping([], extra));
        assert.doesNotMatch(await rules(), /8282/);
        assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
      });

      it('heals a flushed rule set', async () => {
        const child = await keeping([], extra);
        // The monitor is a program of its own, which has to start.
        await delay(300);
        await world.in('node', 'nft', 'flush', 'ruleset');
        const endMs = Date.now() + (name === 'nft' ? 1000 : 7000);
        await until(() => child.log.some(({ msg }) => msg === 'redirect set again'), 'redirect set again');
        assert.ok(Date.now() < endMs);
        assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
        await stop(child);
      });

      it('takes the rule away on removal, proves it, and then waits', async () => {
        await stop(await keeping([], extra));
        const before = await rules();
        assert.match(before, /8181/);
        const done = join(stateDir, 'done');
        const child = redirect(['--remove', `--done-file=${done}`], extra);
        await until(() => child.log.some(({ msg }) => msg === 'redirect removed'), 'redirect removed');
        assert.equal(readFileSync(done, 'utf8'), 'removed\n');
        assert.doesNotMatch(await rules(), /pod.iam|8181|169\.254/);
        assert.equal(await world.curl('bridged', address), `IMDS ${BRIDGED_IP}`);
        assert.equal(child.exitCode, null);
        assert.equal(await stop(child), 0);
      });
    });
  }

  it('notices at once when a single rule or chain of it is taken away', async () => {
    const child = await keeping();
    for (const chain of ['forward', 'input', 'prerouting']) {
      const count = child.log.length;
      await world.in('node', 'nft', 'flush', 'chain', 'inet', 'pod_iam', chain);
      await until(
        () => child.log.slice(count).some(({ msg }) => msg === 'redirect set again'),
        `${chain} healed`,
      );
    }
    await stop(child);
  });

  it('notices within its interval when a rule is added or replaced, which no event of loss tells', async () => {
    const child = await keeping();
    await world.in('node', 'nft', 'insert', 'rule', 'inet', 'pod_iam', 'forward', 'accept');
    await until(() => child.log.some(({ msg }) => msg === 'redirect set again'), 'healed');
    assert.equal(await world.curl('bridged', `${address}:8080`), refused);
    await stop(child);
  });

  it('never opens the way to the real service when the daemon is dead', async () => {
    const child = await keeping();
    await stop(proxy, 'SIGKILL');
    assert.equal(await world.curl('bridged', address), refused);
    assert.equal(await world.curl('routed', address), refused);
    await stop(child, 'SIGKILL');
    assert.equal(await world.curl('bridged', address), refused);
    proxy = await world.serve('node', 'proxy', NODE_IP, 8181);
  });

  it('cuts a connection to the real service that was open before', async () => {
    // Connects, and asks only when the file is there.
    const go = join(stateDir, 'go');
    const script = `exec 3<>/dev/tcp/169.254.169.254/80; echo open; until [ -e ${go} ]; do sleep 0.05; done; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 2 cat <&3`;
    const askLate = async (meanwhile: () => Promise<unknown>): Promise<string> => {
      const child = world.start('bridged', 'bash', '-c', script);
      let output = '';
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
      await until(() => output.includes('open'), 'an open connection');
      await meanwhile();
      writeFileSync(go, '');
      await until(() => child.exitCode !== null, 'the end of the connection');
      rmSync(go);
      return output;
    };
    assert.match(await askLate(async () => {}), /IMDS/);
    let child: ChildProcess | undefined;
    const output = await askLate(async () => {
      child = await keeping();
    });
    assert.doesNotMatch(output, /IMDS/);
    await stop(child!);
  });

  it('keeps to the interface that was named', async () => {
    const child = await keeping(['--host-interface=cni+']);
    assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
    assert.equal(await world.curl('routed', address), refused);
    await stop(child);
  });

  it("makes the tokens' key once, for the daemon's user alone", async () => {
    await stop(await keeping());
    const path = join(stateDir, 'token.key');
    const key = readFileSync(path);
    assert.equal(key.length, 32);
    const { mode, uid } = statSync(path);
    assert.deepEqual([mode & 0o777, uid], [0o400, 65_532]);
    await stop(await keeping());
    assert.deepEqual(readFileSync(path), key);
    assert.equal(statSync(join(stateDir, 'redirect.json')).mode & 0o777, 0o644);
    writeFileSync(path, 'torn');
    await stop(await keeping());
    assert.equal(readFileSync(path).length, 32);
  });

  it("says that the address is not the node's", async () => {
    const child = redirect(['--host-ip=10.1.2.3']);
    await until(() => child.exitCode !== null, 'its end');
    assert.equal(child.exitCode, 3);
    assert.equal(child.log.at(-1)!['msg'], '10.1.2.3 is no address of node node-1');
    assert.equal(report().inPlace, false);
  });

  it("uses the node's own programs from beneath its root", async () => {
    // As in the pod: an empty folder, with the node's /usr mounted in it.
    const root = join(stateDir, 'host');
    const usr = join(root, 'usr');
    mkdirSync(usr, { recursive: true });
    const mounted = `mount --bind /usr ${usr} && mount -o remount,ro,bind ${usr} && exec "$@"`;
    const child = redirect([`--host-ip=${NODE_IP}`, `--host-root=${root}`], {}, ['sh', '-c', mounted, 'sh']);
    await until(() => child.log.some(({ msg }) => msg === 'redirect in place'), 'redirect in place');
    assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
    assert.equal(await stop(child), 0);
  });

  it('keeps the rule on a node that knows no IPv6', async () => {
    const folder = join(stateDir, 'bin');
    mkdirWith(folder, 'nft', '#!/bin/sh\nexit 1\n');
    mkdirWith(
      folder,
      'ip6tables',
      '#!/bin/sh\necho "Table does not exist (do you need to insmod?)" >&2\nexit 3\n',
    );
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    await stop(await keeping([], env));
    assert.equal(await world.curl('bridged', address), `proxy ${BRIDGED_IP}`);
    const child = redirect(['--remove', `--done-file=${join(stateDir, 'done')}`], env);
    await until(() => child.log.some(({ msg }) => msg === 'redirect removed'), 'redirect removed');
    assert.equal(await stop(child), 0);
  });

  it('writes scripts that nft takes, for hosts of both address families', async () => {
    for (const [hostIp, containerCredentials] of [
      ['10.0.0.7', false],
      ['10.0.0.7', true],
      ['2001:db8::7', false],
      ['2001:db8::7', true],
    ] as const) {
      const rule = {
        ...{ hostIp, port: 8181, containerCredentials },
        ...{ metadataAddress: '169.254.169.254', hostInterface: 'eni+' },
      };
      const file = join(stateDir, 'script');
      writeFileSync(file, renderNft(rule));
      await world.in('node', 'nft', '-f', file);
      const listing = await world.in('node', 'nft', 'list', 'table', 'inet', 'pod_iam');
      assert.deepEqual(missingLines(renderNft(rule), listing), []);
    }
  });

  it('says which node has no packet filter, and what to do', async () => {
    const folder = join(stateDir, 'bin');
    for (const tool of ['nft', 'iptables', 'iptables-nft', 'iptables-legacy'])
      mkdirWith(folder, tool, '#!/bin/sh\nexit 127\n');
    const child = redirect([`--host-ip=${NODE_IP}`], { PATH: `${folder}:${process.env['PATH']}` });
    await until(() => child.exitCode !== null, 'its end');
    assert.equal(child.exitCode, 3);
    const { msg, next } = child.log.at(-1)!;
    assert.equal(msg, 'neither nft nor iptables works on node node-1');
    assert.equal(next, 'install with --redirect-image IMAGE, an image that holds node and nft');
    assert.equal(report().message, msg);
  });
});

function mkdirWith(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text, { mode: 0o755 });
}

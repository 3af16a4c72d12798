// One pod opens connections as fast as it can: its neighbours' answers wait for the daemon to take them all,
// unless whoever opens more than any honest pod is refused. And no honest pod is.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BACKLOG } from '../../src/proxy/listeners.ts';
import { NEW_CONNECTIONS } from '../../src/proxy/redirect/limit.ts';
import { renderNft } from '../../src/proxy/redirect/render.ts';
import { clientsAsk, neighbourAsks } from './helpers/neighbour.ts';
import { NODE_IP, NODE_IP6, netnsFault, stop, World } from './helpers/netns.ts';
import { NO_NFT, RedirectRun } from './helpers/redirect.ts';

const flood = readFileSync(new URL('./helpers/flood.py', import.meta.url), 'utf8');
/** As in flood.py. */
const AT_A_TIME = 256;
const source = (file: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../src/proxy/${file}.ts`, import.meta.url)));

/** The daemon's own server, limits and queue, without what it asks elsewhere. */
const server = `
  import { Connections, connectionLimits } from ${source('connections')};
  import { createLog } from ${source('log')};
  import { createMetrics } from ${source('metrics')};
  import { BACKLOG } from ${source('listeners')};
  import { text } from ${source('reply')};
  import { metadataServer } from ${source('server')};
  const none = { pods: () => 0, stock: () => ({ held: 0, leastLeftMs: null }), connections: () => 0, watches: () => [] };
  const app = metadataServer(({ address }) => ({ route: 'listing', answer: text(address) }), {
    log: createLog('silent'),
    metrics: createMetrics(null, none),
    connections: new Connections(connectionLimits(), () => {}),
  });
  await app.listen({ host: process.argv[1], port: 8181, backlog: BACKLOG });
  console.log('listening');`;

describe('a pod that floods the daemon with connections', { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;

  before(async () => {
    world = new World();
    await world.build();
    for (const host of [NODE_IP, NODE_IP6]) {
      const child = world.start('node', process.execPath, '--input-type=module', '-e', server, host);
      await once(child.stdout!, 'data');
    }
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
  });
  afterEach(() => redirect.end());

  /** What its neighbour's requests took meanwhile, and what became of its connections each half second. */
  async function flooded({
    address = '169.254.169.254',
    isLimited = false,
  } = {}): Promise<{ times: number[]; told: Told[]; refused: number }> {
    const child = world.start('routed', 'python3', '-c', flood, address);
    const told: Told[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [opened, refused, seconds] = line.split(' ').map(Number) as [number, number, number];
      told.push({ opened, refused, seconds });
    });
    const refused = (): number => told.reduce((sum, one) => sum + one.refused, 0);
    // What it may open at once is over by then.
    if (isLimited) await redirect.until(() => refused() > 0, 'a connection refused');
    else await delay(1_000);
    const times = await neighbourAsks(world, 'bridged', 2_000);
    // The control: on a slow machine it takes its time to ask for that many.
    if (isLimited) await redirect.until(() => refused() > 1_000, 'a thousand connections refused');
    await stop(child, 'SIGKILL');
    if (isLimited) requireLimit(told);
    return { times, told, refused: refused() };
  }

  it('is refused, so that its neighbours wait a fraction of what they would', async (test: TestContext) => {
    await stop(await redirect.keeping());
    const limited = await world.in('node', 'nft', 'list', 'table', 'inet', 'pod_iam');
    const rule = { hosts: { ipv4: NODE_IP, ipv6: null }, port: 8181, metadataAddress: '169.254.169.254' };
    const plain = renderNft(
      { ...rule, hostInterface: null, containerCredentials: false, fence: null },
      false,
    );
    const set = async (text: string): Promise<void> => {
      writeFileSync(redirect.path('rules'), text);
      await world.in('node', 'nft', '-f', redirect.path('rules'));
    };
    const took = { with: [] as number[], without: [] as number[] };
    for (let round = 0; round < 3; round++) {
      await set(plain);
      const without = await flooded();
      assert.equal(without.refused, 0);
      took.without.push(...without.times);
      await set(`delete table inet pod_iam\n${limited}`);
      took.with.push(...(await flooded({ isLimited: true })).times);
    }
    const [without, withIt] = [took.without, took.with].map((times) => percentile(times, 0.95)) as [
      number,
      number,
    ];
    test.diagnostic(
      `p95 of a neighbour's answers: without ${without.toFixed(1)} ms, with ${withIt.toFixed(1)} ms`,
    );
    assert.ok(without > 1.5 * withIt, `${without} ms without, ${withIt} ms with`);
  });

  for (const [name, programs] of [
    ['nft', {}],
    ['iptables', NO_NFT],
  ] as const) {
    it(`does not stand for a pod whose 250 clients start at once, with ${name}`, async (test: TestContext) => {
      await redirect.keeping([`--host-ip=${NODE_IP},${NODE_IP6}`], redirect.shadow(programs));
      for (const host of ['169.254.169.254', 'fd00:ec2::254']) {
        const times = await clientsAsk(world, 'bridged', host, { clients: 250, each: 10 });
        assert.equal(times.length, 2_500);
        test.diagnostic(
          `${host}: slowest answer to 250 clients of ten connections: ${Math.max(...times).toFixed(0)} ms`,
        );
        assert.ok(Math.max(...times) < 3_000, `${Math.max(...times)}`);
      }
      assert.match(await redirect.rules(), /limit rate over 500\/second burst 3000|hashlimit/);
      assert.equal(redirect.report()?.inPlace, true);
    });
  }

  for (const [name, programs] of [
    ['nft', {}],
    ['iptables', NO_NFT],
  ] as const)
    it(`is refused at either address with ${name}`, async () => {
      await redirect.keeping([`--host-ip=${NODE_IP},${NODE_IP6}`], redirect.shadow(programs));
      for (const address of ['169.254.169.254', 'fd00:ec2::254']) {
        const { times } = await flooded({ address, isLimited: true });
        assert.ok(percentile(times, 0.95) < 1_000, `${percentile(times, 0.95)} ms`);
      }
    });

  it('is not refused where iptables knows no such limit, which is said', async () => {
    const restore = `#!/bin/sh
input=$(cat)
case "$input" in *hashlimit*) echo "Couldn't load match" >&2; exit 2;; esac
printf '%s\\n' "$input" | /usr/sbin/iptables-restore "$@"
`;
    const env = redirect.shadow({ ...NO_NFT, 'iptables-restore': restore });
    await redirect.keeping([], env);
    await redirect.until(() => redirect.report()!.warnings.length > 0, 'a warning');
    const { inPlace, warnings } = redirect.report()!;
    assert.equal(inPlace, true);
    assert.deepEqual(warnings, [
      "new connections are not limited: iptables-restore --noflush -w 5 ended with 2: Couldn't load match",
    ]);
    assert.equal((await flooded()).refused, 0);
  });

  it('finds the queue as long as the kernel lets it be', async () => {
    const listed = await world.in('node', 'ss', '-Hltn', 'sport = :8181');
    const most = Number(await world.in('node', 'cat', '/proc/sys/net/core/somaxconn'));
    const queues = listed
      .trim()
      .split('\n')
      .map((line) => Number(line.trim().split(/\s+/)[2]));
    assert.deepEqual(queues, [Math.min(BACKLOG, most), Math.min(BACKLOG, most)]);
  });
});

/** What came of it in about half a second. */
interface Told {
  opened: number;
  refused: number;
  seconds: number;
}

/**
 * Once it is refused anything it has used up what it may open at once, and from then on it has so many a
 * second, however long it had to wait for its turn on a busy machine.
 */
function requireLimit(told: readonly Told[]): void {
  const first = told.findIndex(({ refused }) => refused > 0);
  const seconds = told.slice(first).reduce((sum, one) => sum + one.seconds, 0);
  const opened = told.slice(first + 1).reduce((sum, one) => sum + one.opened, 0);
  const most = NEW_CONNECTIONS.perSecond * seconds * 1.1 + AT_A_TIME;
  assert.ok(opened < most, `opened ${opened}, more than ${most}: ${JSON.stringify(told)}`);
}

/** @param share of the values that are at most what is returned */
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

// The guard of addresses on bridges over time: that it cuts no honest pod off, whatever comes and goes,
// touches nothing else of the node's, and is kept and taken away like the rule itself.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NODE_IP, NODE_IP6, netnsFault, stop, World } from './helpers/netns.ts';
import {
  METADATA,
  METADATA6,
  NO_NFT,
  RedirectRun,
  type Running,
  recordPod,
  SILENCE,
} from './helpers/redirect.ts';

const FIRST = { ipv4: '10.99.0.2', ipv6: 'fd00:99::2' };
const SECOND = { ipv4: '10.99.0.3', ipv6: 'fd00:99::3' };

describe('the guard of addresses on bridges', { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;
  let records: string;
  let pods = 0;

  before(async () => {
    world = new World();
    await world.build({ pods: false });
    await world.serve('outside', 'IMDS', ['169.254.169.254', 'fd00:ec2::254'], 80);
    await world.serve('node', 'proxy', [NODE_IP, NODE_IP6], 8181);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
    records = redirect.path('cni');
  });
  afterEach(async () => {
    await redirect.end();
    for (const name of world.pods()) await world.removePod(name);
  });

  const keeping = (...flags: string[]): Promise<Running> =>
    redirect.keeping([`--cni-results=${records}`, ...flags]);

  /** A pod, which the network plugin records unless told otherwise. */
  async function pod(addresses: typeof FIRST, isRecorded = true): Promise<{ name: string; file: string }> {
    const name = `pod${++pods}`;
    const port = await world.addPod(name, { on: 'bridge', ...addresses });
    return { name, file: isRecorded ? recordPod(records, port, addresses) : '' };
  }

  const served = async (name: string, { ipv4, ipv6 }: typeof FIRST): Promise<void> => {
    const answers = [world.curl(name, METADATA), world.curl(name, METADATA6)];
    assert.deepEqual(await Promise.all(answers), [`proxy ${ipv4}`, `proxy ${ipv6}`]);
  };
  const cutOff = async (name: string): Promise<void> => {
    const answers = [world.curlBriefly(name, METADATA), world.curlBriefly(name, METADATA6)];
    assert.deepEqual(await Promise.all(answers), [SILENCE, SILENCE]);
  };
  const guardTable = (): Promise<string> => world.in('node', 'nft', 'list', 'table', 'bridge', 'pod_iam');

  it('serves pods that were there before, that come, and that come back with the address of another', async (test: TestContext) => {
    const early = await pod(FIRST);
    const child = await keeping();
    await served(early.name, FIRST);
    const late = await pod(SECOND);
    await served(late.name, SECOND);

    await world.removePod(late.name);
    rmSync(late.file);
    const heir = await pod(SECOND);
    const startedMs = performance.now();
    await served(heir.name, SECOND);
    const tookMs = performance.now() - startedMs;
    test.diagnostic(`a reused address is served ${Math.round(tookMs)} ms after its record`);
    // On a machine with much to do the first packet may come before its record is known; it is sent again
    // after a second.
    const usualMs = await timeOf(() => served(early.name, FIRST));
    assert.ok(tookMs < 1_500 + 3 * usualMs, `${tookMs} ms, of one that was known ${usualMs} ms`);
    // Nothing of the pod that is gone stays, and nothing had to be set anew.
    await redirect.until(async () => !/[{,]\s+\d+ /.test(await guardTable()), 'the lost port forgotten');
    assert.equal(
      child.log.some(({ msg }) => msg === 'bridge guard set again'),
      false,
    );
  });

  it('need not be set again however fast pods come and go', async () => {
    const living = await pod(FIRST);
    const child = await keeping();
    for (let i = 0; i < 24; i++) {
      const ipv4 = `10.99.0.${10 + i}`;
      const { name, file } = await pod({ ipv4, ipv6: `fd00:99::a${i}` });
      await redirect.until(async () => (await guardTable()).includes(`. ${ipv4}`), `${name} known`);
      // Its record goes a moment before its port, for a look to fall between.
      rmSync(file);
      await delay((i % 8) * 3);
      await world.removePod(name);
    }
    await served(living.name, FIRST);
    assert.deepEqual(
      child.log.filter(({ msg }) => String(msg).includes('again') || String(msg).includes('not in place')),
      [],
    );
  });

  it('serves the heir of an address whose former record was never taken away', async () => {
    const first = await pod(FIRST);
    await keeping();
    await served(first.name, FIRST);
    await world.removePod(first.name);
    const heir = await pod(FIRST);
    await served(heir.name, FIRST);
  });

  it('serves pods of which there is no record, each at the address from which it first asks', async () => {
    const [one, other] = [await pod(FIRST, false), await pod(SECOND, false)];
    await keeping();
    await served(one.name, FIRST);
    await served(other.name, SECOND);
    await world.ip(other.name, 'addr add 10.99.0.9/24 dev eth0');
    assert.equal(await world.curl(other.name, METADATA, '-m', '1', '--interface', '10.99.0.9'), SILENCE);
    await served(other.name, SECOND);
    await world.removePod(other.name);
    const heir = await pod(SECOND, false);
    await served(heir.name, SECOND);
  });

  it('lets an answer through that was under way when it was set, to a pod of which there is no record', async () => {
    const { name } = await pod(FIRST, false);
    await stop(await keeping());
    // Asks, and is answered only after the table has come and gone.
    await world.in('node', 'nft', 'delete', 'table', 'bridge', 'pod_iam');
    const asked = world.curl(name, `${METADATA}/late`);
    await redirect.until(
      async () => /tcp dport 8181 .* packets [3-9]/.test(await redirect.rules()),
      'a question',
    );
    await keeping();
    assert.equal(await asked, `proxy ${FIRST.ipv4}`);
  });

  it('holds while its keeper is dead: new pods are served, and none takes the address of a living one', async () => {
    const living = await pod(FIRST);
    await stop(await keeping(), 'SIGKILL');
    await served(living.name, FIRST);
    const fresh = await pod(SECOND);
    await served(fresh.name, SECOND);
    // Its first words are spoken in another's name.
    const thief = await pod({ ipv4: '10.99.0.4', ipv6: 'fd00:99::4' });
    await world.ip(thief.name, `addr add ${FIRST.ipv4}/24 dev eth0`, 'neigh flush dev eth0');
    assert.equal(await world.curl(thief.name, METADATA, '-m', '1', '--interface', FIRST.ipv4), SILENCE);
    await keeping();
    await world.ip(living.name, 'neigh flush dev eth0');
    await served(living.name, FIRST);
    await served(thief.name, { ipv4: '10.99.0.4', ipv6: 'fd00:99::4' });
  });

  it('serves the heir of an address that came while its keeper was dead, once the keeper is back', async () => {
    const gone = await pod(FIRST);
    await stop(await keeping(), 'SIGKILL');
    await world.removePod(gone.name);
    rmSync(gone.file);
    const heir = await pod(FIRST);
    await cutOff(heir.name);
    await keeping();
    await served(heir.name, FIRST);
  });

  it('touches no other traffic: other destinations, other addresses, and the node itself', async () => {
    const [one, other] = [await pod(FIRST), await pod(SECOND)];
    await world.serve(other.name, 'neighbour', ['10.99.0.3', 'fd00:99::3'], 80);
    await keeping();
    // An address of its own besides, which another has: to whom it speaks of that is its own affair.
    await world.ip(
      one.name,
      'addr add 10.99.0.9/24 dev eth0',
      'addr add fd00:99::9/64 dev eth0 nodad preferred_lft 0',
    );
    for (const [url, source, answer] of [
      ['http://10.99.0.3', '10.99.0.9', 'neighbour 10.99.0.9'],
      ['http://[fd00:99::3]', 'fd00:99::9', 'neighbour fd00:99::9'],
      ['http://10.99.0.3', FIRST.ipv4, `neighbour ${FIRST.ipv4}`],
    ] as const)
      assert.equal(await world.curl(one.name, url, '--interface', source), answer);
    await served(one.name, FIRST);
    assert.equal(await world.curl('node', METADATA), `IMDS ${NODE_IP}`);
    assert.equal(await world.curl('node', METADATA6), `IMDS ${NODE_IP6}`);
    assert.equal(await world.curl('node', 'http://10.99.0.3'), 'neighbour 10.99.0.1');
  });

  it('lets the node ask the real service through a bridge that holds its uplink', async () => {
    await world.addPod('uplink', { on: 'bridge', ipv4: '10.99.0.200' });
    await world.ip('uplink', 'addr add 169.254.169.250/32 dev lo');
    await world.ip('node', 'route add 169.254.169.250 via 10.99.0.200');
    await world.serve('uplink', 'real', ['169.254.169.250'], 80);
    await keeping('--metadata-addr=169.254.169.250');
    assert.equal(await world.curl('node', 'http://169.254.169.250'), 'real 10.99.0.1');
    const { name } = await pod(FIRST);
    assert.equal(await world.curl(name, 'http://169.254.169.250'), `proxy ${FIRST.ipv4}`);
    await world.ip('node', 'route del 169.254.169.250 via 10.99.0.200');
  });

  it('is set again when it is flushed, with all that it knew', async (test: TestContext) => {
    const { name } = await pod(FIRST);
    const child = await keeping();
    await redirect.says(child, 'bridge guard in place');
    await redirect.hears();
    const before = await guardTable();
    const startedMs = performance.now();
    await world.in('node', 'nft', 'delete', 'table', 'bridge', 'pod_iam');
    await redirect.says(child, 'bridge guard set again');
    test.diagnostic(`set again ${Math.round(performance.now() - startedMs)} ms after it was deleted`);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < (await redirect.patienceMs(1_000)), `${tookMs} ms`);
    assert.equal(await guardTable(), before);
    for (const command of [
      ['flush', 'chain', 'bridge', 'pod_iam', 'output'],
      ['flush', 'set', 'bridge', 'pod_iam', 'pairs4'],
    ]) {
      await world.in('node', 'nft', ...command);
      await redirect.until(async () => (await guardTable()) === before, `${command.join(' ')} healed`);
    }
    await served(name, FIRST);
  });

  it('goes with the rule on removal, and when it is turned off', async () => {
    await stop(await keeping());
    assert.match(await redirect.rules(), /table bridge pod_iam/);
    await stop(await keeping('--anti-spoof=off'));
    assert.doesNotMatch(await redirect.rules(), /table bridge/);
    assert.equal(redirect.report()!.antiSpoof, null);
    await stop(await keeping());
    await redirect.remove();
    assert.doesNotMatch(await redirect.rules(), /pod_iam/);
  });

  it('is reported where the kernel cannot keep it, and counts only when it is required', async () => {
    const nft = `#!/bin/sh
[ "$1" = monitor ] && exec /usr/sbin/nft "$@"
input=$(cat)
case "$* $input" in *'list table bridge'*|*'table bridge'*'{'*) echo 'Error: Could not process rule: Operation not supported' >&2; exit 1;; esac
printf %s "$input" | /usr/sbin/nft "$@"
`;
    for (const [flags, env] of [
      [[], redirect.shadow({ nft })],
      [[], redirect.shadow(NO_NFT)],
      [['--anti-spoof=required'], redirect.shadow({ nft })],
    ] as const) {
      const child = await redirect.keeping([`--cni-results=${records}`, ...flags], env);
      await redirect.says(child, 'bridge guard not in place');
      const isRequired = flags.length > 0;
      await redirect.until(() => {
        const report = redirect.report();
        return report?.inPlace === !isRequired && report.antiSpoof?.inPlace === false;
      }, 'a report of this run');
      const { inPlace, message, antiSpoof } = redirect.report()!;
      assert.equal(antiSpoof?.inPlace, false);
      assert.match(
        antiSpoof!.message!,
        /ended with 1: Error: Could not process rule: Operation not supported/,
      );
      assert.deepEqual([inPlace, message], isRequired ? [false, antiSpoof!.message] : [true, null]);
      await stop(child);
      rmSync(redirect.path('redirect.json'));
    }
  });
});

async function timeOf(what: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await what();
  return performance.now() - startedMs;
}

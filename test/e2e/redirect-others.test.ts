// The redirect beside others: another proxy's rules, another keeper, rules of its own that a former run has
// left in another packet filter, and keepers that end half-way. With the real programs of a node.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BRIDGED_IP, NODE_IP, netnsFault, stop, World } from './helpers/netns.ts';
import { METADATA, NO_NFT, REFUSED, RedirectRun, SILENCE } from './helpers/redirect.ts';

const OTHER = 'tcp dport 80 dnat to 10.98.0.2:3100';
const OURS = `proxy ${BRIDGED_IP}`;

describe('the redirect beside others', { skip: netnsFault(), timeout: 900_000 }, () => {
  let world: World;
  let redirect: RedirectRun;

  before(async () => {
    world = new World();
    await world.build();
    await world.serve('outside', 'IMDS', ['169.254.169.254'], 80);
    await world.serve('node', 'proxy', [NODE_IP], 8181);
    await world.serve('node', 'other', [NODE_IP], 3100);
  });
  after(() => world.destroy());
  beforeEach(() => {
    redirect = new RedirectRun(world);
  });
  afterEach(async () => {
    await redirect.end();
    for (const table of ['nat', 'mangle', 'filter']) await node('iptables-legacy', '-t', table, '-F');
  });

  const node = (...argv: string[]): Promise<string> => world.in('node', ...argv);
  const warned = (wanted: string[]): Promise<void> =>
    redirect.until(
      () => JSON.stringify(redirect.report()?.warnings) === JSON.stringify(wanted),
      `the warnings ${wanted}`,
    );

  it("comes before kube2iam's rule, of which nothing is said", async () => {
    const rule = `-t nat -I PREROUTING -d 169.254.169.254/32 -i cni0 -p tcp --dport 80 -j DNAT --to 10.98.0.2:3100`;
    for (const program of ['iptables-nft', 'iptables-legacy']) await node(program, ...rule.split(' '));
    assert.equal(await world.curl('bridged', METADATA), `other ${BRIDGED_IP}`);
    await redirect.keeping();
    assert.equal(await world.curl('bridged', METADATA), OURS);
    await delay(500);
    assert.deepEqual(redirect.report()!.warnings, []);
  });

  it('tells of a rule that comes before it and wins', async () => {
    const early = 'chain early { type nat hook prerouting priority -150; ip daddr 169.254.169.254';
    await node('nft', `add table ip other; table ip other { ${early} ${OTHER}; }; }`);
    const child = await redirect.keeping();
    assert.equal(await world.curl('bridged', METADATA), `other ${BRIDGED_IP}`);
    const said = `"ip daddr 169.254.169.254 ${OTHER}" in ip other early comes before the redirect and may win`;
    await warned([said]);
    const { why, level } = child.log.find(({ msg }) => msg === 'redirect warning')!;
    assert.deepEqual([why, level], [said, 'warn']);
    assert.equal(redirect.report()!.inPlace, true);
  });

  it('tells of one in the other iptables', async () => {
    const drop = '-d 169.254.169.254/32 -j DROP';
    await node('iptables-legacy', '-t', 'mangle', '-A', 'PREROUTING', ...drop.split(' '));
    const said = (table: string, rule: string) =>
      `"-A PREROUTING ${rule}" in ${table} PREROUTING of iptables-legacy comes before the redirect and may win`;
    const first = await redirect.keeping();
    await warned([said('mangle', drop)]);
    await stop(first);
    const dnat = '-d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.98.0.2:3100';
    await node('iptables-legacy', '-t', 'nat', '-A', 'PREROUTING', ...dnat.split(' '));
    await redirect.keeping([], redirect.shadow(NO_NFT));
    await warned([said('mangle', drop), said('nat', dnat)]);
  });

  it('leads what comes from a port whose last connection it did not lead', async () => {
    // An attempt that nobody answers, which the kernel remembers for two minutes.
    await world.in(
      'outside',
      'nft',
      'add table ip mute; add chain ip mute in { type filter hook input priority 0; }',
    );
    await world.in('outside', 'nft', 'add rule ip mute in ip daddr 169.254.169.254 drop');
    await node('nft', 'add table ip track; add chain ip track led { type filter hook forward priority 0; }');
    await node('nft', 'add rule ip track led ct state new accept');
    const ask = (): Promise<string> => world.curl('bridged', METADATA, '-m', '1', '--local-port', '20001');
    assert.equal(await ask(), SILENCE);
    const without = redirect.shadow({ conntrack: '#!/bin/sh\nexit 127\n' });
    await stop(await redirect.keeping([], without));
    assert.equal(await ask(), REFUSED);
    assert.equal(await ask(), REFUSED);
    await redirect.keeping([], { PATH: process.env['PATH']! });
    await redirect.until(async () => (await ask()) === OURS, 'an answer');
    await world.in('outside', 'nft', 'flush ruleset');
  });

  it('is removed from every packet filter that there is', async () => {
    const without = (...names: string[]) =>
      redirect.shadow(Object.fromEntries(names.map((name) => [name, '#!/bin/sh\nexit 127\n'])));
    const path = process.env['PATH']!;
    await stop(await redirect.keeping([], without('nft', 'iptables', 'iptables-nft')));
    await stop(
      await redirect.keeping(
        [],
        redirect.shadow({
          iptables: '#!/bin/sh\nexec iptables-nft "$@"\n',
          'iptables-nft': '#!/bin/sh\nexec /usr/sbin/iptables-nft "$@"\n',
        }),
      ),
    );
    await stop(await redirect.keeping([], { PATH: path }));
    const legacy = async (): Promise<string> =>
      (await Promise.all(['nat', 'filter'].map((table) => node('iptables-legacy', '-t', table, '-S')))).join(
        '',
      );
    assert.match(await legacy(), /pod-iam/);
    assert.match(await redirect.rules(), /table ip nat[\s\S]*169\.254/);
    assert.match(await redirect.rules(), /table inet pod_iam/);
    const child = await redirect.remove({ PATH: path });
    assert.doesNotMatch((await legacy()) + (await redirect.rules()), /pod.iam|8181|169\.254/);
    assert.deepEqual(child.log.find(({ msg }) => msg === 'redirect removed')!['backends'], [
      'nft',
      'iptables',
      'iptables-legacy',
    ]);
    assert.equal(await world.curl('bridged', METADATA), `IMDS ${BRIDGED_IP}`);
  });

  it('is kept by two keepers of the same settings without a word', async () => {
    const [one, other] = [await redirect.keeping(), await redirect.keeping()];
    // Each sets it anew as it starts, which the other sees as a change to what is the same.
    const said = (): number => one.log.length + other.log.length;
    await redirect.until(async () => {
      const before = said();
      await delay(1_000);
      return said() === before;
    }, 'silence');
    const from = [one, other].map(({ log }) => log.length);
    await delay(6_000);
    assert.deepEqual(
      [one, other].map(({ log }, nth) => log.slice(from[nth])),
      [[], []],
    );
    assert.equal(await world.curl('bridged', METADATA), OURS);
    await stop(one, 'SIGKILL');
    await delay(300);
    await node('nft', 'flush', 'ruleset');
    await redirect.says(other, 'redirect set again', from[1]);
    assert.equal(await world.curl('bridged', METADATA), OURS);
  });

  it('is not fought over by two keepers of other settings, and never away meanwhile', async () => {
    const [one, other] = [await redirect.keeping(), await redirect.keeping(['--app-port=3100'])];
    const answers = new Set<string>();
    const settings = (): number =>
      [one, other].flatMap(({ log }) => log.filter(({ msg }) => msg === 'redirect set again')).length;
    const startedMs = Date.now();
    for (; Date.now() < startedMs + 4_000 || settings() === 0; await delay(20)) {
      answers.add(await world.curl('bridged', METADATA));
      assert.ok(Date.now() < startedMs + 60_000, 'neither minds the other');
    }
    for (const answer of answers) assert.match(answer, /^(?:proxy|other) 10\.99\.0\.2$|^curl 28$/);
    const seconds = (Date.now() - startedMs) / 1000;
    assert.ok(settings() < 7.5 * seconds, `set ${settings()} times in ${seconds} s`);
    await stop(other);
    await redirect.until(
      async () => (await world.curl('bridged', METADATA)) === OURS,
      'the one that is left',
    );
  });

  it('is completed by the next keeper when one was killed half-way through setting it', async () => {
    // It ends with its keeper before the last of its tables.
    const env = redirect.shadow({
      ...NO_NFT,
      'iptables-restore': `#!/bin/sh
input=$(cat)
case "$input" in *'*filter'*) kill -9 $PPID; exit 1;; esac
printf '%s\\n' "$input" | /usr/sbin/iptables-restore "$@"
`,
    });
    const killed = redirect.start([`--host-ip=${NODE_IP}`], env);
    await redirect.until(() => killed.signalCode === 'SIGKILL', 'its end');
    assert.match(await redirect.rules(), /dnat|DNAT/);
    assert.doesNotMatch(await redirect.rules(), /reject|REJECT/);
    await stop(
      await redirect.keeping(
        [],
        redirect.shadow({
          ...NO_NFT,
          'iptables-restore': '#!/bin/sh\nexec /usr/sbin/iptables-restore "$@"\n',
        }),
      ),
    );
    const listed = await node('iptables', '-S');
    assert.equal(listed.match(/^-A .*pod-iam/gm)?.length, 5, listed);
    assert.equal((await node('iptables', '-t', 'nat', '-S')).match(/^-A .*pod-iam/gm)?.length, 1);
    assert.equal(await world.curl('bridged', METADATA), OURS);
  });

  it('is taken by iptables when nft takes it but does not hold it, of which nothing stays', async () => {
    const nft = `#!/bin/sh
case "$*" in 'list table inet pod_iam') /usr/sbin/nft "$@" | grep -v 'dnat'; exit 0;; esac
exec /usr/sbin/nft "$@"
`;
    const env = redirect.shadow({ nft });
    const child = redirect.start([`--host-ip=${NODE_IP}`], env);
    await redirect.says(child, 'redirect in place');
    await redirect.until(() => redirect.report() !== null, 'a report');
    assert.equal(redirect.report()!.backend, 'iptables');
    assert.match(
      String(child.log.find(({ msg }) => msg === 'packet filter does not take the redirect')!['why']),
      /nft took the rule but does not list "ip daddr 169\.254\.169\.254/,
    );
    assert.doesNotMatch(await redirect.rules(), /table inet pod_iam/);
    assert.equal(await world.curl('bridged', METADATA), OURS);
  });
});

// The redirect: which interface it takes, what it sets, and what becomes of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDaemonFlags } from '../../../src/model/daemon-flags.ts';
import { createLog } from '../../../src/proxy/log.ts';
import { readRedirectFlags } from '../../../src/proxy/redirect/flags.ts';
import { entriesOf } from '../../../src/proxy/redirect/iptables/entries.ts';
import { keep } from '../../../src/proxy/redirect/keeper.ts';
import { renderNft } from '../../../src/proxy/redirect/render.ts';
import type { Backend, RedirectRule } from '../../../src/proxy/redirect/rule.ts';
import { readSettings } from '../../../src/proxy/settings.ts';
import { until } from '../world.ts';
import { type Area, type Peers, row } from './case.ts';

function ruleFor(...flags: string[]): RedirectRule {
  const { rule } = readRedirectFlags(['--host-ip=10.0.0.1', ...flags]);
  return { ...rule!(), hosts: { ipv4: '10.0.0.1', ipv6: null } };
}

const leading = (...flags: string[]): string =>
  entriesOf(ruleFor(...flags))
    .filter(({ chain }) => chain === 'PREROUTING')
    .map(({ match }) => match.join(' '))
    .join('; ');

function refusalOf(act: () => unknown): string {
  try {
    act();
    return 'taken';
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

const on = (name: string, peers: Peers, ours: string, why: string | null = null) =>
  row(
    `\`--host-interface=${name}\``,
    peers,
    ours,
    () => {
      const [before] = leading(`--host-interface=${name}`).split(' -d ');
      return before!;
    },
    why,
  );

/** A packet filter that does as it is told, and says what it was told. */
function filter() {
  const done = { set: 0, removed: 0, isThere: true };
  const backend: Backend = {
    ...{ name: 'nft', program: 'nft', lack: null },
    assert: async () => {
      done.set++;
      done.isThere = true;
    },
    check: async () => (done.isThere ? null : 'it is gone'),
    remove: async () => {
      done.removed++;
    },
    watch: () => {},
  };
  return { done, backend };
}

async function whileKept(backend: Backend, act: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  const stateDir = mkdtempSync(join(tmpdir(), 'pod-iam-'));
  const nothing = { fault: null, guard: null, onSet: async () => {}, warnings: async () => [] };
  const log = createLog('silent', { write: () => {} });
  const kept = keep({ ...nothing, backend, stateDir, log, signal: end.signal, everyMs: 10 });
  await act();
  end.abort();
  await kept;
  rmSync(stateDir, { recursive: true });
}

async function afterTheEnd(): Promise<string> {
  const { done, backend } = filter();
  await whileKept(backend, async () => {});
  return done.removed === 0 ? 'stays' : 'is removed';
}

async function afterAFlush(): Promise<string> {
  const { done, backend } = filter();
  await whileKept(backend, async () => {
    done.isThere = false;
    await until('the rule', () => done.isThere).catch(() => {});
  });
  return done.isThere ? 'is set again' : 'is gone';
}

export const redirects: Area = {
  title: 'The redirect',
  cases: [
    on('docker0', { kube2iam: '-i docker0', kiam: '-i docker0' }, '-i docker0'),
    on('cali+', { kube2iam: '-i cali+; a pattern is not looked for', kiam: '-i cali+' }, '-i cali+'),
    on('eni+', { kube2iam: '-i eni+', kiam: '-i eni+' }, '-i eni+'),
    on('lxc+', { kube2iam: '-i lxc+', kiam: '-i lxc+' }, '-i lxc+'),
    on('lo', { kube2iam: '-i lo', kiam: '-i lo' }, '-i lo'),
    on('vlan+', { kube2iam: '-i vlan+', kiam: '-i vlan+' }, '-i vlan+'),
    on('kube-bridge', { kube2iam: '-i kube-bridge', kiam: '-i kube-bridge' }, '-i kube-bridge'),
    on('eth0.100', { kube2iam: '-i eth0.100', kiam: '-i eth0.100' }, '-i eth0.100'),
    on('!cali+', { kube2iam: '-i !cali+, which iptables refuses', kiam: '! -i cali+' }, '! -i cali+'),
    on('!eth0', { kube2iam: 'does not start: no such interface', kiam: '! -i eth0' }, '! -i eth0'),
    on(
      'bogus0',
      { kube2iam: 'does not start: no such interface', kiam: 'does not start: no such interface' },
      '-i bogus0',
      'an interface may come with the first pod; whether the rule meets any request is told by its counters',
    ),
    row(
      '`--host-interface=a b`',
      { kube2iam: 'does not start' },
      'refused: --host-interface must name an interface, such as cni0, veth+ or !eth0, not "a b"',
      () => refusalOf(() => ruleFor('--host-interface=a b')),
    ),
    row(
      'no `--host-interface`',
      { kube2iam: '-i docker0', kiam: '-i docker0' },
      '-d 169.254.169.254 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8181',
      () => leading(),
      'every interface, so that no network plugin is missed',
    ),
    row(
      '`--iptables` without `--host-ip`',
      { kube2iam: 'does not start', kiam: 'does not start without `--host`' },
      'refused: --iptables needs --host-ip',
      () => refusalOf(() => readSettings(parseDaemonFlags(['--iptables']), {})),
    ),
    row(
      'a negated interface in nftables',
      {},
      'iifname != "eth0"',
      () => /iifname (?:!= )?"eth0"/.exec(renderNft(ruleFor('--host-interface=!eth0')))?.[0] ?? 'none',
    ),
    row(
      'other ports of the metadata address',
      { kube2iam: 'open', kiam: 'open', metadataproxy: 'open' },
      'rejected',
      () =>
        entriesOf(ruleFor()).some(
          ({ chain, match }) => chain === 'FORWARD' && match.join(' ') === '-d 169.254.169.254 -j REJECT',
        )
          ? 'rejected'
          : 'open',
      'what is not led to the daemon reaches nothing, also while there is no daemon',
    ),
    row(
      'the IPv6 metadata address',
      { kube2iam: 'open', kiam: 'open' },
      'rejected where it is not led to the daemon',
      () =>
        entriesOf(ruleFor()).some(
          ({ chain, match }) => chain === 'FORWARD' && match.join(' ') === '-d fd00:ec2::254 -j REJECT',
        )
          ? 'rejected where it is not led to the daemon'
          : 'open',
      'a second way to the same credentials',
    ),
    row(
      'the rule when the daemon ends',
      { kube2iam: 'stays', kiam: 'is removed, unless --iptables-remove=false', metadataproxy: 'stays' },
      'stays',
      afterTheEnd,
      'until there is a daemon again, pods reach nothing, and not the role of the node',
    ),
    row(
      'the rule when somebody has flushed it',
      { kube2iam: 'is gone', kiam: 'is gone', metadataproxy: 'is gone' },
      'is set again',
      afterAFlush,
      "another's restart must not open the node's role to pods",
    ),
    row(
      'who may reach the port of the daemon',
      { kube2iam: 'everybody', kiam: 'everybody' },
      'only requests that were led there',
      () =>
        entriesOf(ruleFor()).some(
          ({ chain, match }) =>
            chain === 'INPUT' && /--ctorigdst 169\.254\.169\.254 -j DROP$/.test(match.join(' ')),
        )
          ? 'only requests that were led there'
          : 'everybody',
      'a pod of another node, or a host outside, must not ask in the name of an address',
    ),
    row(
      'new connections of one address',
      { kube2iam: 'without limit', kiam: 'without limit', metadataproxy: 'without limit' },
      'refused beyond 3000 at once and 500/second',
      () => {
        const over = /limit rate over (\S+) burst (\d+) packets.* reject with tcp reset/.exec(
          renderNft(ruleFor()),
        );
        return over ? `refused beyond ${over[2]} at once and ${over[1]}` : 'without limit';
      },
      'one pod could fill the queue of the daemon, and its neighbours would wait',
    ),
  ],
};

// The redirect: which interface it takes, what it sets, and what becomes of it.
import { parseDaemonFlags } from '../../../src/model/daemon-flags.ts';
import { readRedirectFlags } from '../../../src/proxy/redirect/flags.ts';
import { entriesOf } from '../../../src/proxy/redirect/iptables/entries.ts';
import { renderNft } from '../../../src/proxy/redirect/render.ts';
import type { RedirectRule } from '../../../src/proxy/redirect/rule.ts';
import { readSettings } from '../../../src/proxy/settings.ts';
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

export const redirects: Area = {
  title: 'The redirect',
  cases: [
    on('docker0', { kube2iam: '-i docker0', kiam: '-i docker0' }, '-i docker0'),
    on('cali+', { kube2iam: '-i cali+; a pattern is not looked for', kiam: '-i cali+' }, '-i cali+'),
    on('eni+', { kube2iam: '-i eni+', kiam: '-i eni+' }, '-i eni+'),
    on('lxc+', { kube2iam: '-i lxc+', kiam: '-i lxc+' }, '-i lxc+'),
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

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missingLines, withoutCounts, withoutElements } from '../../../src/proxy/redirect/listing.ts';
import { renderNft } from '../../../src/proxy/redirect/render.ts';
import type { RedirectRule } from '../../../src/proxy/redirect/rule.ts';

const rule: RedirectRule = {
  hosts: { ipv4: '10.0.0.7', ipv6: null },
  port: 8181,
  metadataAddress: '169.254.169.254',
  hostInterface: null,
  containerCredentials: false,
  fence: null,
};

/** As nft 1.0.6 lists what renderNft sets. */
const listing = `table inet pod_iam {
	set openers4 {
		type iface_index . ipv4_addr
		size 8192
		flags dynamic,timeout
		timeout 10s
		elements = { "cni0" . 10.1.0.9 limit rate over 500/second burst 3000 packets expires 9s990ms,
			     "cni0" . 10.1.0.7 limit rate over 500/second burst 3000 packets expires 3s }
	}

	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept;
		ip daddr 169.254.169.254 tcp dport 80 counter packets 12 bytes 720 dnat ip to 10.0.0.7:8181
	}

	chain input {
		type filter hook input priority filter - 5; policy accept;
		iifname "lo" accept
		tcp dport 8181 ct original ip daddr 169.254.169.254 ct state new update @openers4 { iif . ip saddr limit rate over 500/second burst 3000 packets } counter packets 2 bytes 120 reject with tcp reset
		tcp dport 8181 ct original ip daddr 169.254.169.254 counter packets 80 bytes 9000 accept
		tcp dport 8181 counter packets 1 bytes 60 drop
	}

	chain answers {
		type filter hook output priority filter - 5; policy accept;
		oifname "lo" accept
		tcp sport 8181 ct original ip daddr 169.254.169.254 counter packets 60 bytes 9000 accept
		tcp sport 8181 counter packets 0 bytes 0 drop
	}

	chain forward {
		type filter hook forward priority filter - 5; policy accept;
		meta l4proto tcp ip daddr 169.254.169.254 counter packets 0 bytes 0 reject with tcp reset
		ip daddr 169.254.169.254 counter packets 0 bytes 0 reject
		meta l4proto tcp ip6 daddr fd00:ec2::254 counter packets 0 bytes 0 reject with tcp reset
		ip6 daddr fd00:ec2::254 counter packets 0 bytes 0 reject with icmpv6 port-unreachable
	}
}
`;

describe('the redirect as an nftables script', () => {
  it('replaces the whole table in one transaction', () => {
    assert.equal(
      renderNft(rule),
      `table inet pod_iam
delete table inet pod_iam
${withCountersUnset(withoutElements(listing)).replace(' with icmpv6 port-unreachable', '')}`,
    );
  });

  it('goes without the limit of new connections where that is not known', () => {
    const lines = renderNft(rule).split('\n');
    const plain = renderNft(rule, false).split('\n');
    assert.deepEqual(
      lines.filter((line) => !plain.includes(line)),
      [
        '\tset openers4 {',
        '\t\ttype iface_index . ipv4_addr',
        '\t\tsize 8192',
        '\t\tflags dynamic,timeout',
        '\t\ttimeout 10s',
        '\t\ttcp dport 8181 ct original ip daddr 169.254.169.254 ct state new update @openers4 { iif . ip saddr limit rate over 500/second burst 3000 packets } counter reject with tcp reset',
      ],
    );
    assert.deepEqual(
      plain.filter((line) => !lines.includes(line)),
      [],
    );
  });

  it('leads the IPv6 endpoint to a host that has an IPv6 address, and shuts the other one', () => {
    const script = renderNft({ ...rule, hosts: { ipv4: null, ipv6: '2001:db8::7' } });
    assert.match(script, /ip6 daddr fd00:ec2::254 tcp dport 80 counter dnat ip6 to \[2001:db8::7\]:8181/);
    assert.match(script, /tcp dport 8181 ct original ip6 daddr fd00:ec2::254 counter accept/);
    assert.match(script, /ip daddr 169\.254\.169\.254 counter reject/);
    assert.doesNotMatch(script, /dnat ip to/);
  });

  it('leads both where the node has both', () => {
    const script = renderNft({ ...rule, hosts: { ipv4: '10.0.0.7', ipv6: '2001:db8::7' } });
    const added = script.split('\n').filter((line) => !renderNft(rule).split('\n').includes(line));
    assert.deepEqual(added, [
      '\tset openers6 {',
      '\t\ttype iface_index . ipv6_addr',
      '\t\tip6 daddr fd00:ec2::254 tcp dport 80 counter dnat ip6 to [2001:db8::7]:8181',
      '\t\ttcp dport 8181 ct original ip6 daddr fd00:ec2::254 ct state new update @openers6 { iif . ip6 saddr limit rate over 500/second burst 3000 packets } counter reject with tcp reset',
      '\t\ttcp dport 8181 ct original ip6 daddr fd00:ec2::254 counter accept',
      '\t\ttcp sport 8181 ct original ip6 daddr fd00:ec2::254 counter accept',
    ]);
  });

  it('leads the container credentials to the daemon as well, also from the node itself, when told so', () => {
    const script = renderNft({ ...rule, containerCredentials: true });
    const added = script.split('\n').filter((line) => !renderNft(rule).split('\n').includes(line));
    assert.deepEqual(added, [
      '\t\tip daddr 169.254.170.23 tcp dport 80 counter dnat ip to 10.0.0.7:8181',
      '\tchain output {',
      '\t\ttype nat hook output priority -105; policy accept;',
      '\t\tip daddr 169.254.170.23 tcp dport 80 counter dnat ip to 10.0.0.7:8181',
      '\t\ttcp dport 8181 ct original ip daddr 169.254.170.23 ct state new update @openers4 { iif . ip saddr limit rate over 500/second burst 3000 packets } counter reject with tcp reset',
      '\t\ttcp dport 8181 ct original ip daddr 169.254.170.23 counter accept',
      '\t\ttcp sport 8181 ct original ip daddr 169.254.170.23 counter accept',
      '\t\tmeta l4proto tcp ip daddr 169.254.170.23 counter reject with tcp reset',
      '\t\tip daddr 169.254.170.23 counter reject',
      '\t\tmeta l4proto tcp ip6 daddr fd00:ec2::23 counter reject with tcp reset',
      '\t\tip6 daddr fd00:ec2::23 counter reject',
    ]);
    const named = renderNft({ ...rule, containerCredentials: true, hostInterface: 'cni0' });
    assert.match(named, /\tiifname "cni0" ip daddr 169\.254\.170\.23 tcp dport 80 counter dnat/);
    const v6 = renderNft({ ...rule, containerCredentials: true, hosts: { ipv4: null, ipv6: '2001:db8::7' } });
    assert.match(v6, /ip6 daddr fd00:ec2::23 tcp dport 80 counter dnat ip6 to \[2001:db8::7\]:8181/);
  });

  it('fences the node off but for some users, however those are listed', () => {
    const fenced = { ...rule, fence: [0, 65_532] };
    const script = renderNft(fenced);
    const added = script.split('\n').filter((line) => !renderNft(rule).split('\n').includes(line));
    assert.deepEqual(added, [
      '\tchain fence {',
      '\t\tmeta l4proto tcp ip daddr 169.254.169.254 meta skuid != { 0, 65532 } counter reject with tcp reset',
      '\t\tip daddr 169.254.169.254 meta skuid != { 0, 65532 } counter reject',
      '\t\tmeta l4proto tcp ip6 daddr fd00:ec2::254 meta skuid != { 0, 65532 } counter reject with tcp reset',
      '\t\tip6 daddr fd00:ec2::254 meta skuid != { 0, 65532 } counter reject',
    ]);
    assert.deepEqual(missingLines(script, script.replaceAll('{ 0, 65532 }', '{ 65532, "root" }')), []);
  });

  it('matches the interface that was named, in the words of nft', () => {
    const script = renderNft({ ...rule, hostInterface: 'eni+' });
    assert.match(script, /\tiifname "eni\*" ip daddr 169\.254\.169\.254 tcp dport 80 counter dnat/);
    const others = renderNft({ ...rule, hostInterface: '!eth0' });
    assert.match(others, /\tiifname != "eth0" ip daddr 169\.254\.169\.254 tcp dport 80 counter dnat/);
  });
});

describe('a listing of the redirect', () => {
  it('is the same whatever has been counted', () => {
    assert.equal(withoutCounts(listing), withoutCounts(listing.replace('packets 12', 'packets 99')));
    assert.equal(
      withoutElements(listing),
      withoutElements(listing.replace('10.1.0.7', '10.1.0.8')).replace(/\t\telements[^}]*\}\n/, ''),
    );
    assert.doesNotMatch(withoutElements(listing), /10\.1\.0|expires/);
    assert.equal(
      withoutElements(listing.replace('size 8192', 'size 8192\t# count 2')),
      withoutElements(listing),
    );
  });

  it('lacks nothing when all lines are there, however they are spelt', () => {
    assert.deepEqual(missingLines(renderNft(rule), listing), []);
    const spelt = listing.replaceAll('reject\n', 'reject with icmp port-unreachable\n');
    assert.deepEqual(missingLines(renderNft(rule), spelt), []);
    const former = listing
      .replace('dnat ip to', 'dnat to')
      .replaceAll('ct original ip daddr', 'ct original daddr');
    assert.deepEqual(missingLines(renderNft(rule), former), []);
    const unnamed = listing.replaceAll('l4proto tcp', 'l4proto 6');
    assert.deepEqual(missingLines(renderNft(rule), unnamed), []);
  });

  it('lacks what leads elsewhere, lets through or is gone', () => {
    const missing = (from: string, to: string) => missingLines(renderNft(rule), listing.replace(from, to));
    assert.deepEqual(missing('10.0.0.7:8181', '10.0.0.8:8181'), [
      'ip daddr 169.254.169.254 tcp dport 80 counter dnat ip to 10.0.0.7:8181',
    ]);
    assert.deepEqual(missing('bytes 60 drop', 'bytes 60 accept'), ['tcp dport 8181 counter drop']);
    assert.deepEqual(missing('\t\tip daddr 169.254.169.254 counter packets 0 bytes 0 reject\n', ''), [
      'ip daddr 169.254.169.254 counter reject',
    ]);
    assert.equal(missingLines(renderNft(rule), '').length, 12);
  });
});

const withCountersUnset = (text: string): string => text.replace(/counter packets \d+ bytes \d+/g, 'counter');

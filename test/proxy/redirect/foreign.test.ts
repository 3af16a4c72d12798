import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foreignRules } from '../../../src/proxy/redirect/foreign.ts';
import { queueFault } from '../../../src/proxy/redirect/warnings.ts';
import { type Answer, Machine } from './machine.ts';

const addresses = ['169.254.169.254', 'fd00:ec2::254'];
const chains = `table inet pod_iam {
	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept;
	}
}
table ip early {
	chain first {
		type nat hook prerouting priority dstnat - 10; policy accept;
	}
	chain plain {
	}
}
table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
	}
}
table ip raw {
	chain PREROUTING {
		type filter hook prerouting priority raw; policy accept;
	}
	chain OUTPUT {
		type filter hook output priority raw; policy accept;
	}
}
`;

/** A node whose every chain holds the same lines. */
const node =
  (lines: string[], { nft = true, implementations = ['nf_tables', 'legacy'] } = {}): Answer =>
  ([program = '', ...words]) => {
    const text = lines.join('\n');
    if (program === 'nft') {
      if (!nft) return null;
      return { stdout: words.join(' ') === 'list chains' ? chains : text };
    }
    const implementation = program === 'iptables-legacy' ? 'legacy' : 'nf_tables';
    if (!implementations.includes(implementation)) return null;
    return { stdout: words[0] === '--version' ? `iptables v1.8.9 (${implementation})` : text };
  };

const told = (answer: Answer, name: 'nft' | 'iptables' = 'nft', legacy: Set<string> | null = new Set()) =>
  foreignRules({ tools: new Machine(answer), backend: { name, program: name }, addresses, legacy });

describe("rules of others for the metadata service's address", () => {
  it('are told where they come before ours in nftables, and not behind it', async () => {
    const dnat = 'ip daddr 169.254.169.254 tcp dport 80 counter packets 3 bytes 180 dnat to 10.0.0.7:3100';
    const said = '"ip daddr 169.254.169.254 tcp dport 80 dnat to 10.0.0.7:3100" in';
    assert.deepEqual(await told(node([`\t\t${dnat}`])), [
      `${said} ip early first comes before the redirect and may win`,
      `${said} ip raw PREROUTING comes before the redirect and may win`,
    ]);
  });

  it('are those that name the address and decide', async () => {
    for (const rule of [
      'ip daddr 169.254.169.254 counter packets 3 bytes 180',
      'ip daddr 169.254.169.254 accept',
      'ip daddr 169.254.169.25 drop',
      'ip daddr != 169.254.169.254 drop',
      '-A PREROUTING ! -d 169.254.169.254/32 -j DROP',
      '-A PREROUTING -d 169.254.169.254/32 -j ACCEPT',
      '-A PREROUTING -d 169.254.169.254/32 -j CONNMARK --set-mark 1',
      'ip daddr 10.96.0.1 dnat to 10.0.0.7',
      'type filter hook prerouting priority raw; policy drop;',
    ])
      assert.deepEqual(await told(node([rule])), [], rule);
    for (const rule of [
      'ip daddr { 169.254.169.254, 169.254.170.2 } drop',
      'ip6 daddr fd00:ec2::254 notrack',
      'ip daddr 169.254.169.254 meta l4proto tcp tproxy to :1234',
      'ip daddr 169.254.169.254 counter packets 1 bytes 60 xt target "CT"',
      'ip daddr 169.254.169.254 jump KIAM',
      'iifname != "eth0" ip daddr 169.254.169.254 tcp dport 80 dnat to 10.0.0.7:3100',
      '-A PREROUTING -d 169.254.169.254/32 -p tcp -j KIAM',
      '-A PREROUTING -d 169.254.169.254/32 -j CT --notrack',
    ])
      assert.equal((await told(node([rule]))).length, 2, rule);
  });

  it('are looked for in the legacy iptables where it has tables, which are not made for it', async () => {
    const drop = '-A PREROUTING -d 169.254.169.254/32 -j DROP';
    const machine = new Machine(node(['', drop], { implementations: ['legacy'] }));
    const legacy = new Set(['nat', 'raw']);
    const of = (name: 'nft' | 'iptables', program: string) =>
      foreignRules({ tools: machine, backend: { name, program }, addresses, legacy });
    assert.deepEqual((await of('nft', 'nft')).slice(-1), [
      `"${drop}" in raw PREROUTING of iptables-legacy comes before the redirect and may win`,
    ]);
    assert.deepEqual(
      machine.calls.filter((call) => call.includes('-t')),
      ['iptables-legacy -w 5 -t raw -S PREROUTING'],
    );
    machine.calls.length = 0;
    await of('iptables', 'iptables');
    assert.deepEqual(
      machine.calls.filter((call) => call.includes('-t')),
      ['raw', 'nat'].map((table) => `iptables-legacy -w 5 -t ${table} -S PREROUTING`),
    );
  });

  it('are looked for in both iptables where there is no nft, but not in the chain where ours is first', async () => {
    const kube2iam = '-A PREROUTING -d 169.254.169.254/32 -i cni0 -p tcp -m tcp --dport 80 -j DNAT';
    const answer = node([kube2iam], { nft: false });
    assert.deepEqual(
      (await told(answer, 'iptables', new Set(['nat']))).map((text) => / in (.*) comes/.exec(text)![1]),
      ['raw PREROUTING of iptables', 'mangle PREROUTING of iptables', 'nat PREROUTING of iptables-legacy'],
    );
    assert.deepEqual(await told(() => null, 'iptables'), []);
  });

  it('are not known where the nft that holds the redirect does not list its chains', async () => {
    await assert.rejects(
      told(() => null),
      { message: 'nft does not list the chains, so rules of others are not known' },
    );
  });
});

describe("the kernel's limit of the queue", () => {
  it('is told where it is below what the daemon asks for', () => {
    assert.equal(queueFault('/no/such/file'), null);
    assert.match(queueFault('/dev/null') ?? '', /^net\.core\.somaxconn is 0: set it to 4096, for pods with/);
  });
});

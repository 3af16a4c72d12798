import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { iptables } from '../../../../src/proxy/redirect/iptables/backend.ts';
import type { RedirectRule } from '../../../../src/proxy/redirect/rule.ts';
import { Machine } from '../machine.ts';

const rule: RedirectRule = {
  hosts: { ipv4: '10.0.0.7', ipv6: null },
  port: 8181,
  metadataAddress: '169.254.169.254',
  hostInterface: null,
  containerCredentials: false,
  fence: null,
};
const dual = { ...rule, hosts: { ipv4: '10.0.0.7', ipv6: '2001:db8::7' } };

/** Rules by family and table, as `-S` prints them; a restore that fails changes nothing. */
function xtables(absent: string[] = []): { machine: Machine; rules: Map<string, string[]> } {
  const rules = new Map<string, string[]>();
  const machine = new Machine((argv, input) => {
    const [program = '', option, , , table = ''] = argv;
    if (absent.some((name) => program.startsWith(name))) return { code: 3, stderr: 'Table does not exist' };
    if (option === '--noflush') return restore(program.replace('-restore', ''), input);
    const lines = rules.get(`${program} ${table}`) ?? [];
    return { stdout: `-P INPUT ACCEPT\n${lines.map((line) => `-A ${line}\n`).join('')}` };
  });

  function restore(program: string, input: string): { code: number } {
    const key = `${program} ${input.split('\n')[0]!.slice(1)}`;
    let lines = [...(rules.get(key) ?? [])];
    for (const command of input.split('\n')) {
      const [, verb, text = ''] = /^-([DI]) (.*)$/.exec(command) ?? [];
      if (verb === 'I') lines = [printed(text), ...lines];
      if (verb === 'D') {
        if (!lines.includes(text)) return { code: 1 };
        lines.splice(lines.indexOf(text), 1);
      }
    }
    rules.set(key, lines);
    return { code: 0 };
  }

  return { machine, rules };
}

/** In another order and with more words than it was given, as iptables does. */
const printed = (line: string): string =>
  line
    .replace(/^(\S+) (-m comment --comment \S+) (.*?)(?= -j| -p| -m conntrack|$)/, '$1 $3 $2')
    .replace(/(-d [\d.]+)/, '$1/32')
    .replace(/(-d [\da-f:]+:[\da-f:]*)(?= )/, '$1/128')
    .replace(/-j REJECT$/, '-j REJECT --reject-with icmp-port-unreachable')
    .replace('pod-iam.dev/redirect', '"pod-iam.dev/redirect"');

const all = (rules: Map<string, string[]>): string[] =>
  [...rules].flatMap(([key, lines]) => lines.map((line) => `${key} ${line}`));

const bare = (rules: Map<string, string[]>): string[] =>
  all(rules).map((line) =>
    line.replace(' -m comment --comment "pod-iam.dev/redirect"', '').replace(/ --reject-with icmp\S+/, ''),
  );

const limit =
  'INPUT ! -i lo -p tcp -m tcp --dport 8181 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 500/sec --hashlimit-burst 3000 --hashlimit-mode srcip --hashlimit-name pod_iam -j REJECT --reject-with tcp-reset';

describe('the redirect in iptables', () => {
  it('is a few rules with our comment, set once', async () => {
    const { machine, rules } = xtables();
    const backend = iptables(machine, () => rule);
    await backend.assert();
    const { length } = machine.calls;
    await backend.assert();
    assert.equal(
      machine.calls.slice(length).some((call) => call.includes('restore')),
      false,
    );
    assert.ok(all(rules).every((line) => line.includes('--comment "pod-iam.dev/redirect"')));
    assert.deepEqual(bare(rules), [
      'iptables nat PREROUTING -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8181',
      'iptables filter OUTPUT ! -o lo -p tcp -m tcp --sport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -j DROP',
      'iptables filter INPUT ! -i lo -p tcp -m tcp --dport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -j DROP',
      `iptables filter ${limit}`,
      'iptables filter FORWARD -d 169.254.169.254/32 -p tcp -j REJECT --reject-with tcp-reset',
      'iptables filter FORWARD -d 169.254.169.254/32 -j REJECT',
      'ip6tables filter OUTPUT ! -o lo -p tcp -m tcp --sport 8181 -j DROP',
      'ip6tables filter INPUT ! -i lo -p tcp -m tcp --dport 8181 -j DROP',
      'ip6tables filter FORWARD -d fd00:ec2::254/128 -p tcp -j REJECT --reject-with tcp-reset',
      'ip6tables filter FORWARD -d fd00:ec2::254/128 -j REJECT',
    ]);
    assert.equal(await backend.check(), null);
  });

  it('leads both endpoints where the node has both families', async () => {
    const { machine, rules } = xtables();
    await iptables(machine, () => dual).assert();
    const of6 = bare(rules).filter((line) => line.startsWith('ip6tables'));
    assert.deepEqual(of6, [
      'ip6tables nat PREROUTING -d fd00:ec2::254/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [2001:db8::7]:8181',
      'ip6tables filter OUTPUT ! -o lo -p tcp -m tcp --sport 8181 -m conntrack ! --ctorigdst fd00:ec2::254 -j DROP',
      'ip6tables filter INPUT ! -i lo -p tcp -m tcp --dport 8181 -m conntrack ! --ctorigdst fd00:ec2::254 -j DROP',
      `ip6tables filter ${limit}`,
      'ip6tables filter FORWARD -d fd00:ec2::254/128 -p tcp -j REJECT --reject-with tcp-reset',
      'ip6tables filter FORWARD -d fd00:ec2::254/128 -j REJECT',
    ]);
  });

  it('is eight more with the container credentials, which go when those do', async () => {
    const { machine, rules } = xtables();
    await iptables(machine, () => rule).assert();
    const plain = bare(rules);
    await iptables(machine, () => ({ ...rule, containerCredentials: true })).assert();
    const lead = '-d 169.254.170.23/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8181';
    assert.deepEqual(
      bare(rules).filter((line) => !plain.includes(line)),
      [
        `iptables nat OUTPUT ${lead}`,
        `iptables nat PREROUTING ${lead}`,
        'iptables filter OUTPUT ! -o lo -p tcp -m tcp --sport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -m conntrack ! --ctorigdst 169.254.170.23 -j DROP',
        'iptables filter INPUT ! -i lo -p tcp -m tcp --dport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -m conntrack ! --ctorigdst 169.254.170.23 -j DROP',
        'iptables filter FORWARD -d 169.254.170.23/32 -p tcp -j REJECT --reject-with tcp-reset',
        'iptables filter FORWARD -d 169.254.170.23/32 -j REJECT',
        'ip6tables filter FORWARD -d fd00:ec2::23/128 -p tcp -j REJECT --reject-with tcp-reset',
        'ip6tables filter FORWARD -d fd00:ec2::23/128 -j REJECT',
      ],
    );
    await iptables(machine, () => rule).assert();
    assert.deepEqual(bare(rules).sort(), plain.sort());
  });

  it('fences the node off but for some users', async () => {
    const { machine, rules } = xtables();
    const backend = iptables(machine, () => ({ ...rule, fence: [0, 65_532] }));
    await backend.assert();
    const users = '-m owner ! --uid-owner 0 -m owner ! --uid-owner 65532';
    assert.deepEqual(
      bare(rules).filter((line) => line.includes('owner')),
      [
        'iptables filter OUTPUT -d 169.254.169.254/32',
        'ip6tables filter OUTPUT -d fd00:ec2::254/128',
      ].flatMap((front) => [
        `${front} ${users} -p tcp -j REJECT --reject-with tcp-reset`,
        `${front} ${users} -j REJECT`,
      ]),
    );
    assert.equal(await backend.check(), null);
    assert.equal(
      await iptables(machine, () => ({ ...rule, fence: [0] })).check(),
      'iptables filter: a rule in OUTPUT is gone',
    );
  });

  it('matches the interface that was named, or all but that', async () => {
    for (const [hostInterface, words] of [
      ['cali+', '-i cali+'],
      ['!eth0', '! -i eth0'],
    ] as const) {
      const { machine, rules } = xtables();
      const backend = iptables(machine, () => ({ ...rule, hostInterface }));
      await backend.assert();
      assert.ok(
        bare(rules)[0]!.startsWith(`iptables nat PREROUTING ${words} -d 169.254.169.254/32`),
        bare(rules)[0],
      );
      assert.equal(await backend.check(), null);
      const other = iptables(machine, () => ({ ...rule, hostInterface: hostInterface.replace('!', '') }));
      assert.equal(
        await other.check(),
        hostInterface.startsWith('!') ? 'iptables nat: a rule in PREROUTING is gone' : null,
      );
    }
  });

  it('says what is wrong: gone, doubled, or behind a rule of somebody else', async () => {
    const { machine, rules } = xtables();
    const backend = iptables(machine, () => rule);
    await backend.assert();
    const [ours] = rules.get('iptables nat')!;
    const foreign = 'PREROUTING -d 169.254.169.254/32 -p tcp -j DNAT --to-destination 10.0.0.7:3100';
    for (const [lines, fault] of [
      [[], 'a rule in PREROUTING is gone'],
      [[ours!, ours!], 'PREROUTING has a rule too many'],
      [[foreign, ours!], `"${foreign.slice('PREROUTING '.length)}" in PREROUTING comes first`],
    ] as const) {
      rules.set('iptables nat', [...lines]);
      assert.equal(await backend.check(), `iptables nat: ${fault}`);
      await backend.assert();
      assert.equal(await backend.check(), null);
      assert.equal(rules.get('iptables nat')![0], ours);
    }
    assert.deepEqual(rules.get('iptables nat'), [ours, foreign]);
  });

  it('replaces what it set with other settings, and leaves the rules of others', async () => {
    const { machine, rules } = xtables();
    rules.set('iptables filter', ['FORWARD -j KUBE-FORWARD']);
    await iptables(machine, () => ({ ...rule, port: 8282, hostInterface: 'cni0' })).assert();
    await iptables(machine, () => rule).assert();
    assert.equal(
      all(rules).some((line) => /8282|cni0/.test(line)),
      false,
    );
    assert.equal(all(rules).length, 11);
    await iptables(machine, null).remove();
    assert.deepEqual(all(rules), ['iptables filter FORWARD -j KUBE-FORWARD']);
  });

  it('does without IPv6 where the kernel has none', async () => {
    const { machine, rules } = xtables(['ip6tables']);
    const backend = iptables(machine, () => rule);
    await backend.assert();
    assert.equal(await backend.check(), null);
    assert.equal(all(rules).length, 6);
    await backend.remove();
    assert.deepEqual(all(rules), []);
  });

  it('goes without the limit where the kernel has no hashlimit, and says so', async () => {
    const { machine, rules } = xtables();
    const lacking = new Machine((argv, input) =>
      input.includes('hashlimit')
        ? { code: 2, stderr: "Couldn't load match `hashlimit'" }
        : machine.answer(argv, input),
    );
    const backend = iptables(lacking, () => rule);
    await backend.assert();
    assert.equal(
      backend.lack,
      "new connections are not limited: iptables-restore --noflush -w 5 ended with 2: Couldn't load match `hashlimit'",
    );
    assert.equal(await backend.check(), null);
    assert.equal(all(rules).length, 9);
    assert.ok(!all(rules).some((line) => line.includes('hashlimit')));
    const able = iptables(machine, () => rule);
    await able.assert();
    assert.equal(able.lack, null);
    assert.equal(all(rules).length, 10);
  });

  it('does not take a listing that failed for an empty one', async () => {
    const locked = new Machine(() => ({
      code: 4,
      stderr: 'Another app is currently holding the xtables lock',
    }));
    await assert.rejects(iptables(locked, null).remove(), {
      message: 'iptables -w 5 -t nat -S ended with 4: Another app is currently holding the xtables lock',
    });
  });
});

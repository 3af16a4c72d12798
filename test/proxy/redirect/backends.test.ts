import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { findBackends } from '../../../src/proxy/redirect/choose.ts';
import { iptables } from '../../../src/proxy/redirect/iptables.ts';
import { nftables } from '../../../src/proxy/redirect/nftables.ts';
import type { RedirectRule } from '../../../src/proxy/redirect/rule.ts';
import { ToolError, type ToolResult, type Tools } from '../../../src/proxy/redirect/tools.ts';

const rule: RedirectRule = {
  hostIp: '10.0.0.7',
  port: 8181,
  metadataAddress: '169.254.169.254',
  hostInterface: null,
  containerCredentials: false,
};

type Answer = (argv: string[], input: string) => Partial<ToolResult> | null;

/** A machine whose programs are one function; null is: there is no such program. */
class Machine implements Tools {
  readonly calls: string[] = [];
  readonly answer: Answer;

  constructor(answer: Answer) {
    this.answer = answer;
  }

  async attempt(argv: readonly string[], input = ''): Promise<ToolResult> {
    this.calls.push(argv.join(' '));
    const result = this.answer([...argv], input);
    if (result === null) throw new ToolError(`${argv[0]} cannot be started: ENOENT`);
    return { code: 0, stdout: '', stderr: '', ...result };
  }

  async run(argv: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(argv, input);
    if (code !== 0) throw new ToolError(`${argv.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async follow(): Promise<void> {}
}

describe('the redirect in nftables', () => {
  let table: string | null;
  let printed: (text: string) => string;
  let machine: Machine;
  beforeEach(() => {
    table = null;
    printed = (text) => text;
    machine = new Machine(([, verb], input) => {
      if (verb === '-f') {
        const defined = input.indexOf('{');
        table = defined < 0 ? null : `table inet pod_iam ${input.slice(defined)}`;
        return {};
      }
      if (table === null) return { code: 1, stderr: 'Error: No such file or directory\n' };
      return { stdout: printed(table.replaceAll('counter', 'counter packets 3 bytes 180')) };
    });
  });

  it('is in place after it was set, until it is taken away or changed', async () => {
    const backend = nftables(machine, rule);
    await backend.assert();
    assert.equal(await backend.check(), null);
    table = table!.replace(':8181', ':9999');
    assert.equal(await backend.check(), 'the table inet pod_iam was changed');
    table = null;
    assert.equal(await backend.check(), 'the table inet pod_iam is gone');
  });

  it('is not believed to be in place when it is not listed', async () => {
    printed = (text) => text.replace(/^.*dnat.*$/m, '');
    await assert.rejects(nftables(machine, rule).assert(), {
      message:
        'nft took the rule but does not list "ip daddr 169.254.169.254 tcp dport 80 counter dnat ip to 10.0.0.7:8181"',
    });
  });

  it('is removed whether it was there or not, and proven to be gone', async () => {
    await nftables(machine, null).remove();
    await nftables(machine, rule).assert();
    await nftables(machine, null).remove();
    assert.equal(table, null);
    const stubborn = new Machine(() => ({ stdout: 'table inet pod_iam { }' }));
    await assert.rejects(nftables(stubborn, null).remove(), {
      message: 'the table inet pod_iam is still there',
    });
  });
});

/** Rules by program and table, as `-S` prints them. */
function xtables(absent: string[] = []): { machine: Machine; rules: Map<string, string[]> } {
  const rules = new Map<string, string[]>();
  const machine = new Machine(([program = '', , , , table = '', verb = '', ...words]) => {
    if (absent.includes(program)) return { code: 3, stderr: 'Table does not exist' };
    const key = `${program} ${table}`;
    const lines = rules.get(key) ?? [];
    if (verb === '-S') return { stdout: `-P INPUT ACCEPT\n${lines.map((line) => `-A ${line}\n`).join('')}` };
    const line = words.join(' ').replace(/(-d \S+)/, (address) => `${address}/32`);
    const stored = verb === '-D' ? words.join(' ') : line;
    if (verb === '-C') return { code: lines.includes(stored) ? 0 : 1 };
    if (verb === '-I') rules.set(key, [stored, ...lines]);
    if (verb === '-D')
      rules.set(
        key,
        lines.filter((one) => one !== stored),
      );
    return {};
  });
  return { machine, rules };
}

const all = (rules: Map<string, string[]>): string[] =>
  [...rules].flatMap(([key, lines]) => lines.map((line) => `${key} ${line}`));

describe('the redirect in iptables', () => {
  it('is four rules with our comment, set once', async () => {
    const { machine, rules } = xtables();
    const backend = iptables(machine, rule);
    await backend.assert();
    await backend.assert();
    const comment = '-m comment --comment pod-iam.dev/redirect';
    assert.deepEqual(all(rules), [
      `iptables filter INPUT ${comment} ! -i lo -p tcp -m tcp --dport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -j DROP`,
      `iptables filter FORWARD ${comment} -d 169.254.169.254/32 -j REJECT`,
      `ip6tables filter FORWARD ${comment} -d fd00:ec2::254/32 -j REJECT`,
      `iptables nat PREROUTING ${comment} -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8181`,
    ]);
    assert.equal(await backend.check(), null);
  });

  it('is five more with the container credentials, which go when those do', async () => {
    const { machine, rules } = xtables();
    await iptables(machine, rule).assert();
    const plain = all(rules);
    await iptables(machine, { ...rule, containerCredentials: true }).assert();
    const comment = '-m comment --comment pod-iam.dev/redirect';
    const lead = '-d 169.254.170.23/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.7:8181';
    assert.deepEqual(
      all(rules).filter((line) => !plain.includes(line)),
      [
        `iptables filter FORWARD ${comment} -d 169.254.170.23/32 -j REJECT`,
        `iptables filter INPUT ${comment} ! -i lo -p tcp -m tcp --dport 8181 -m conntrack ! --ctorigdst 169.254.169.254 -m conntrack ! --ctorigdst 169.254.170.23 -j DROP`,
        `ip6tables filter FORWARD ${comment} -d fd00:ec2::23/32 -j REJECT`,
        `iptables nat OUTPUT ${comment} ${lead}`,
        `iptables nat PREROUTING ${comment} ${lead}`,
      ],
    );
    assert.equal(all(rules).length, 8);
    await iptables(machine, rule).assert();
    assert.deepEqual(all(rules).sort(), plain.sort());
  });

  it('says which rule is gone', async () => {
    const { machine, rules } = xtables();
    const backend = iptables(machine, rule);
    await backend.assert();
    rules.set('iptables nat', []);
    assert.equal(await backend.check(), 'the iptables rule in nat PREROUTING is gone');
  });

  it('replaces what it set with other settings, and leaves the rules of others', async () => {
    const { machine, rules } = xtables();
    rules.set('iptables filter', ['FORWARD -j KUBE-FORWARD']);
    await iptables(machine, { ...rule, port: 8282, hostInterface: 'cni0' }).assert();
    await iptables(machine, rule).assert();
    assert.equal(
      all(rules).some((line) => /8282|cni0/.test(line)),
      false,
    );
    assert.equal(all(rules).length, 5);
    await iptables(machine, null).remove();
    assert.deepEqual(all(rules), ['iptables filter FORWARD -j KUBE-FORWARD']);
  });

  it('does without IPv6 where the kernel has none', async () => {
    const { machine, rules } = xtables(['ip6tables']);
    const backend = iptables(machine, rule);
    await backend.assert();
    assert.equal(await backend.check(), null);
    assert.equal(all(rules).length, 3);
    await backend.remove();
    assert.deepEqual(all(rules), []);
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

describe('the choice of a packet filter', () => {
  const found = async (answer: Answer) => {
    const machine = new Machine(answer);
    const names: string[] = [];
    for await (const { name } of findBackends({ tools: machine, rule, node: 'node-1' })) names.push(name);
    return { names, calls: machine.calls };
  };

  it('is nftables first, then iptables', async () => {
    assert.deepEqual((await found(() => ({}))).names, ['nft', 'iptables']);
  });

  it('finds an iptables whose plain name leads nowhere', async () => {
    const { names, calls } = await found(([program]) => (program === 'iptables-nft' ? {} : null));
    assert.deepEqual(names, ['iptables']);
    assert.equal(calls.at(-1), 'iptables-nft -w 5 -t nat -S PREROUTING');
  });

  it('does not touch iptables unless it is asked for', async () => {
    const machine = new Machine(() => ({}));
    const { value } = await findBackends({ tools: machine, rule, node: 'node-1' }).next();
    assert.equal(value?.name, 'nft');
    assert.deepEqual(machine.calls, ['nft list tables']);
  });

  it('names the node and the way out when there is none', async () => {
    await assert.rejects(
      found(() => null),
      {
        name: 'Problem',
        code: 'NO_PACKET_FILTER',
        message: 'neither nft nor iptables works on node node-1',
        why: 'nft cannot be started: ENOENT; iptables cannot be started: ENOENT; iptables-nft cannot be started: ENOENT; iptables-legacy cannot be started: ENOENT',
        next: 'install with --redirect-image IMAGE, an image that holds node and nft',
      },
    );
  });
});

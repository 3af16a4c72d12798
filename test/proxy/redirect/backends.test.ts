import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createLog } from '../../../src/proxy/log.ts';
import { type ChooseOptions, findBackends } from '../../../src/proxy/redirect/choose.ts';
import { nftables } from '../../../src/proxy/redirect/nftables.ts';
import { setFirst } from '../../../src/proxy/redirect/redirect.ts';
import type { Backend, RedirectRule } from '../../../src/proxy/redirect/rule.ts';
import { type Answer, Machine } from './machine.ts';

const fixed: RedirectRule = {
  hosts: { ipv4: '10.0.0.7', ipv6: null },
  port: 8181,
  metadataAddress: '169.254.169.254',
  hostInterface: null,
  containerCredentials: false,
  fence: null,
};
const rule = () => fixed;

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

  it('is set anew when the addresses of the node are others', async () => {
    let { hosts } = fixed;
    const backend = nftables(machine, () => ({ ...fixed, hosts }));
    await backend.assert();
    hosts = { ipv4: '10.0.0.7', ipv6: '2001:db8::7' };
    assert.equal(await backend.check(), "the node's addresses are others now");
    await backend.assert();
    assert.equal(await backend.check(), null);
    assert.match(table!, /dnat ip6 to \[2001:db8::7\]:8181/);
  });

  it('goes without the limit of new connections where nft or the kernel refuses it, and says so', async () => {
    const lacking = new Machine((argv, input) =>
      input.includes('limit rate')
        ? { code: 1, stderr: 'Error: Could not process rule: Not supported' }
        : machine.answer(argv, input),
    );
    const backend = nftables(lacking, rule);
    await backend.assert();
    assert.equal(
      backend.lack,
      'new connections are not limited: nft -f - ended with 1: Error: Could not process rule: Not supported',
    );
    assert.equal(await backend.check(), null);
    assert.doesNotMatch(table!, /limit/);
    const able = nftables(machine, rule);
    await able.assert();
    assert.equal(able.lack, null);
    assert.match(table!, /limit rate over/);
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

describe('the choice of a packet filter', () => {
  const found = async (answer: Answer, options: Partial<ChooseOptions> = {}) => {
    const machine = new Machine(answer);
    const names: string[] = [];
    const backends = findBackends({ tools: machine, rule, node: 'node-1', ...options });
    for await (const { program } of backends) names.push(program);
    return { names, calls: machine.calls };
  };

  it('is nftables first, then iptables', async () => {
    assert.deepEqual((await found(() => ({}))).names, ['nft', 'iptables']);
  });

  it('finds an iptables whose plain name leads nowhere', async () => {
    const { names, calls } = await found(([program]) => (program === 'iptables-nft' ? {} : null));
    assert.deepEqual(names, ['iptables-nft']);
    assert.equal(calls.at(-1), 'iptables-nft -w 5 -t nat -S PREROUTING');
  });

  it('is all that there are for removal, but for tables that the legacy iptables does not have', async () => {
    const version = (text: string) => ({ stdout: `iptables v1.8.9 (${text})\n` });
    const node: Answer = ([program, option]) => {
      if (option !== '--version') return {};
      return version(program === 'iptables-legacy' ? 'legacy' : 'nf_tables');
    };
    const of = async (...tables: string[]) =>
      (await found(node, { rule: null, legacy: () => new Set(tables) })).names;
    assert.deepEqual(await of('nat', 'filter'), ['nft', 'iptables', 'iptables-legacy']);
    assert.deepEqual(await of(), ['nft', 'iptables']);
    const unknown = await found(node, { rule: null, legacy: () => null });
    assert.deepEqual(unknown.names, ['nft', 'iptables', 'iptables-legacy']);
    const without = await found(
      ([program, ...rest]) => (program === 'nft' ? null : node([program!, ...rest], '')),
      {
        rule: null,
        legacy: () => new Set(),
      },
    );
    assert.deepEqual(without.names, ['iptables']);
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

describe('the first packet filter that takes the rule', () => {
  const steps: string[] = [];
  beforeEach(() => {
    steps.length = 0;
  });
  const backend = (
    program: string,
    faults: Partial<Record<'assert' | 'check' | 'remove', string>>,
  ): Backend => {
    const step = async (name: 'assert' | 'check' | 'remove') => {
      steps.push(`${program} ${name}`);
      if (name !== 'check' && faults[name]) throw new Error(faults[name]);
    };
    return {
      ...{ name: 'nft', program, lack: null, watch() {} },
      assert: () => step('assert'),
      check: () => step('check').then(() => faults.check ?? null),
      remove: () => step('remove'),
    };
  };
  const first = (...backends: Backend[]) =>
    setFirst(
      (async function* () {
        yield* backends;
      })(),
      createLog('silent'),
    );

  it('is kept when it has it, and no other is looked for', async () => {
    const good = backend('nft', {});
    assert.deepEqual(await first(good, backend('iptables', {})), { backend: good, fault: null });
    assert.deepEqual(steps, ['nft assert', 'nft check']);
  });

  it('is another when it does not have it, and what it took is cleared away once that holds the rule', async () => {
    const good = backend('iptables', {});
    const bad = backend('nft', { check: 'the table inet pod_iam was changed', remove: 'no' });
    assert.deepEqual(await first(bad, good), { backend: good, fault: null });
    assert.deepEqual(steps, ['nft assert', 'nft check', 'iptables assert', 'iptables check', 'nft remove']);
  });

  it('is the preferred one when none does, and nothing that may hold pods back is taken away', async () => {
    const [one, other] = [backend('nft', { assert: 'busy' }), backend('iptables', { check: 'gone' })];
    assert.deepEqual(await first(one, other), { backend: one, fault: 'busy' });
    assert.deepEqual(steps, ['nft assert', 'iptables assert', 'iptables check']);
  });
});

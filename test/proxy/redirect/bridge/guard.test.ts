import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { bindingsOf } from '../../../../src/proxy/redirect/bridge/bindings.ts';
import { elementChanges, readSets } from '../../../../src/proxy/redirect/bridge/elements.ts';
import { bridgeGuard } from '../../../../src/proxy/redirect/bridge/guard.ts';
import { renderBridge } from '../../../../src/proxy/redirect/bridge/render.ts';
import type { Endpoint } from '../../../../src/proxy/redirect/rule.ts';
import { Machine } from '../machine.ts';

const endpoints: Endpoint[] = [
  { address: '169.254.169.254', family: 'ipv4', kind: 'metadata' },
  { address: 'fd00:ec2::254', family: 'ipv6', kind: 'metadata' },
];
const index: Record<string, number> = { veth1: 11, veth2: 12 };
const bindings = (...names: string[]) =>
  bindingsOf(
    names.map((name) => ({ name, addresses: [`10.0.0.${index[name]}`, `fd00::${index[name]}`] })),
    (name) => index[name] ?? null,
  );

describe('the table of the guard', () => {
  it('looks at requests to the endpoints, and at answers from them, and at nothing else', () => {
    const rules = renderBridge(endpoints, bindings('veth1'))
      .split('\n')
      .filter((line) => /\b(?:saddr|daddr|accept|drop)\b/.test(line) && !line.includes('policy'));
    assert.deepEqual(rules, [
      '\t\tip daddr { 169.254.169.254 } iif @ports iif . ip saddr != @pairs4 counter drop',
      '\t\tip daddr { 169.254.169.254 } ip saddr @owned4 iif . ip saddr != @pairs4 counter drop',
      '\t\tip daddr { 169.254.169.254 } iif != @ports iif != @claimed4 ip saddr != @owned4 add @first4 { iif . ip saddr } add @taken4 { ip saddr } add @claimed4 { iif }',
      '\t\tip6 daddr { fd00:ec2::254 } iif @ports iif . ip6 saddr != @pairs6 counter drop',
      '\t\tip6 daddr { fd00:ec2::254 } ip6 saddr @owned6 iif . ip6 saddr != @pairs6 counter drop',
      '\t\tip6 daddr { fd00:ec2::254 } iif != @ports iif != @claimed6 ip6 saddr != @owned6 add @first6 { iif . ip6 saddr } add @taken6 { ip6 saddr } add @claimed6 { iif }',
      '\t\tip saddr { 169.254.169.254 } oif . ip daddr @pairs4 accept',
      '\t\tip saddr { 169.254.169.254 } oif != @ports ip daddr != @owned4 oif . ip daddr @first4 accept',
      '\t\tip saddr { 169.254.169.254 } oif != @ports ip daddr != @owned4 oif != @claimed4 ip daddr != @taken4 accept',
      '\t\tip saddr { 169.254.169.254 } counter drop',
      '\t\tip6 saddr { fd00:ec2::254 } oif . ip6 daddr @pairs6 accept',
      '\t\tip6 saddr { fd00:ec2::254 } oif != @ports ip6 daddr != @owned6 oif . ip6 daddr @first6 accept',
      '\t\tip6 saddr { fd00:ec2::254 } oif != @ports ip6 daddr != @owned6 oif != @claimed6 ip6 daddr != @taken6 accept',
      '\t\tip6 saddr { fd00:ec2::254 } counter drop',
    ]);
  });

  it('holds the recorded bindings from the start, in one transaction', () => {
    const script = renderBridge(endpoints, bindings('veth1', 'veth2'));
    assert.ok(
      script.startsWith('table bridge pod_iam\ndelete table bridge pod_iam\ntable bridge pod_iam {\n'),
    );
    assert.match(script, /set ports \{\n\t\ttype iface_index\n\t\telements = \{ 11, 12 \}\n/);
    assert.match(
      script,
      /set pairs4 \{\n\t\ttype iface_index \. ipv4_addr\n\t\telements = \{ 11 \. 10\.0\.0\.11, 12 \. 10\.0\.0\.12 \}/,
    );
    assert.match(script, /set owned6 \{\n\t\ttype ipv6_addr\n\t\telements = \{ fd00::11, fd00::12 \}/);
  });
});

/** As nft 1.0.6 lists it. */
const listing = (sets: Record<string, string>): string => {
  const names = [
    'ports',
    'pairs4',
    'owned4',
    'first4',
    'claimed4',
    'taken4',
    'pairs6',
    'owned6',
    'first6',
    'claimed6',
  ];
  const bodies = names.map(
    (name) =>
      `\tset ${name} {\n\t\ttype something\n${sets[name] ? `\t\telements = { ${sets[name]} }\n` : ''}\t}\n`,
  );
  return `table bridge pod_iam {\n${bodies.join('\n')}\n\tchain output {\n\t\tip saddr 169.254.169.254 counter packets 5 bytes 300 drop\n\t}\n}\n`;
};
const held = {
  ports: '"veth1"',
  pairs4: '"veth1" . 10.0.0.11',
  owned4: '10.0.0.11',
  pairs6: '"veth1" . fd00::11',
  owned6: 'fd00::11',
};

describe('the elements of its sets', () => {
  it('are left alone when they are as they should be', () => {
    assert.equal(elementChanges(readSets(listing(held)), bindings('veth1')), null);
  });

  it('follow the records: what is new comes, what is gone goes, in one transaction', () => {
    const two = listing({
      ...held,
      ports: '"veth1",\n\t\t\t     "veth2"',
      pairs4: '"veth1" . 10.0.0.11,\n\t\t\t     "veth2" . 10.0.0.12',
    });
    assert.deepEqual([...readSets(two).get('pairs4')!], ['"veth1" . 10.0.0.11', '"veth2" . 10.0.0.12']);
    assert.equal(
      elementChanges(readSets(two), bindings('veth2')),
      [
        'delete element bridge pod_iam ports { "veth1" }',
        'delete element bridge pod_iam pairs4 { "veth1" . 10.0.0.11 }',
        'add element bridge pod_iam owned4 { 10.0.0.12 }',
        'delete element bridge pod_iam owned4 { 10.0.0.11 }',
        'add element bridge pod_iam pairs6 { 12 . fd00::12 }',
        'delete element bridge pod_iam pairs6 { "veth1" . fd00::11 }',
        'add element bridge pod_iam owned6 { fd00::12 }',
        'delete element bridge pod_iam owned6 { fd00::11 }',
        '',
      ].join('\n'),
    );
  });

  it('of ports that are gone are forgotten, learned ones too', () => {
    const left = listing({
      ...held,
      ports: '"veth1", 9',
      first4: '"veth7" . 10.0.0.7, 9 . 10.0.0.9',
      claimed4: '9, "veth7"',
      taken4: '10.0.0.7, 10.0.0.9',
    });
    assert.equal(
      elementChanges(readSets(left), bindings('veth1')),
      [
        'delete element bridge pod_iam ports { 9 }',
        'delete element bridge pod_iam first4 { 9 . 10.0.0.9 }',
        'delete element bridge pod_iam claimed4 { 9 }',
        'delete element bridge pod_iam taken4 { 10.0.0.9 }',
        '',
      ].join('\n'),
    );
  });
});

describe('the guard', () => {
  let text: string | null;
  let tables: string;
  let machine: Machine;
  let asked: Endpoint[];
  const guard = () => bridgeGuard({ tools: machine, endpoints: () => asked, records: '/no/such/folder' });

  beforeEach(() => {
    text = null;
    asked = endpoints;
    tables = 'table inet pod_iam\n';
    machine = new Machine(([, verb, what], input) => {
      if (verb === '-f' && input.startsWith('table')) {
        text = listing({});
        tables = 'table inet pod_iam\ntable bridge pod_iam\n';
      }
      if (verb === 'delete') tables = 'table inet pod_iam\n';
      if (what === 'tables') return { stdout: tables };
      if (verb === 'list')
        return text === null ? { code: 1, stderr: 'Error: No such file or directory' } : { stdout: text };
      return {};
    });
  });

  it('is in place after it was set, whatever it has learned, until its rules are taken away or changed', async () => {
    const kept = guard();
    await kept.assert();
    assert.equal(await kept.check(), null);
    text = listing({ first4: '"veth7" . 10.0.0.7', claimed4: '"veth7"' }).replace('packets 5', 'packets 9');
    assert.equal(await kept.check(), null);
    text = text.replace('drop', 'accept');
    assert.equal(await kept.check(), 'the table bridge pod_iam was changed');
    text = null;
    assert.equal(await kept.check(), 'the table bridge pod_iam is gone');
    asked = endpoints.slice(0, 1);
    assert.equal(await kept.check(), 'its addresses are others now');
  });

  it('brings its sets up to date without setting its rules anew', async () => {
    const kept = guard();
    await kept.assert();
    text = listing({ claimed4: '9' });
    machine.calls.length = 0;
    assert.equal(await kept.check(), null);
    assert.deepEqual(machine.calls, ['nft list table bridge pod_iam', 'nft -f -']);
  });

  it('looks again when a port goes with its pod between the look and the change', async () => {
    let refusals = 1;
    const racing = new Machine((argv, input) => {
      if (!input.startsWith('delete element') || refusals-- <= 0) return machine.answer(argv, input);
      // By then its index is all that is left of it.
      text = listing({ ports: '9' });
      return { code: 1, stderr: 'Error: Interface does not exist' };
    });
    const kept = bridgeGuard({ tools: racing, endpoints: () => asked, records: '/no/such/folder' });
    await kept.assert();
    text = listing({ ports: '"veth9"' });
    assert.equal(await kept.check(), null);
    refusals = 3;
    text = listing({ ports: '"veth9"' });
    await assert.rejects(kept.check(), { message: 'nft -f - ended with 1: Error: Interface does not exist' });
  });

  it('is removed if it is there, and proven to be gone', async () => {
    await guard().remove();
    assert.deepEqual(machine.calls, ['nft list tables']);
    await guard().assert();
    await guard().remove();
    assert.equal(tables, 'table inet pod_iam\n');
    const stubborn = new Machine(() => ({ stdout: 'table bridge pod_iam\n' }));
    await assert.rejects(bridgeGuard({ tools: stubborn, endpoints: () => [], records: '/no' }).remove(), {
      message: 'the table bridge pod_iam is still there',
    });
  });
});

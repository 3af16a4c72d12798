import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bindingsOf, bridgePortIndex } from '../../../../src/proxy/redirect/bridge/bindings.ts';

describe('the bindings of addresses to ports', () => {
  it('are made of the records of ports that there are, by their index', () => {
    const { ports, pairs, owned } = bindingsOf(
      [
        { name: 'cni0', addresses: ['10.0.0.2'] },
        { name: 'veth1', addresses: ['10.0.0.2', 'fd00::2'] },
        { name: 'gone', addresses: ['10.0.0.3'] },
      ],
      (name) => (name === 'veth1' ? 12 : null),
    );
    assert.deepEqual([...ports], [['"veth1"', '12']]);
    assert.deepEqual([...pairs.ipv4], [['"veth1" . 10.0.0.2', '12 . 10.0.0.2']]);
    assert.deepEqual([...pairs.ipv6], [['"veth1" . fd00::2', '12 . fd00::2']]);
    assert.deepEqual([[...owned.ipv4.keys()], [...owned.ipv6.keys()]], [['10.0.0.2'], ['fd00::2']]);
  });
});

describe("an interface's index", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-iam-net-'));
    for (const [name, isPort] of [
      ['veth1', true],
      ['eth0', false],
    ] as const) {
      mkdirSync(join(folder, name, isPort ? 'brport' : 'statistics'), { recursive: true });
      writeFileSync(join(folder, name, 'ifindex'), '12\n');
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is that of a port of a bridge, and null for all else', () => {
    assert.equal(bridgePortIndex('veth1', folder), 12);
    for (const name of ['eth0', 'gone', '../veth1', '..', 'veth1/.', 'x'.repeat(16), ''])
      assert.equal(bridgePortIndex(name, folder), null, name);
  });
});

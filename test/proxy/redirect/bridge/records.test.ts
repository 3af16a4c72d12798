import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Records, readAttachments } from '../../../../src/proxy/redirect/bridge/records.ts';

const result = {
  cniVersion: '0.4.0',
  interfaces: [
    { name: 'cni0', mac: 'ba:6f:b2:a1:dd:99' },
    { name: 'veth6e63b67b', mac: '42:19:4e:02:55:d8' },
    { name: 'eth0', mac: '4e:81:e7:40:57:ae', sandbox: '/var/run/netns/cni-5b74726c' },
  ],
  ips: [
    { address: '10.251.2.41/24', gateway: '10.251.2.1', interface: 2, version: '4' },
    { address: 'fd00:0:0::29/64', interface: 2, version: '6' },
  ],
};
const addresses = ['10.251.2.41', 'fd00::29'];

describe("a network plugin's result", () => {
  it("ties the pod's addresses to the interfaces on the node", () => {
    const wanted = ['cni0', 'veth6e63b67b'].map((name) => ({ name, addresses }));
    assert.deepEqual(
      readAttachments(JSON.stringify({ kind: 'cniCacheV1', containerId: 'c', result })),
      wanted,
    );
    assert.deepEqual(readAttachments(JSON.stringify(result)), wanted);
  });

  it('says nothing where it names no interface or no address, or is none', () => {
    for (const text of [
      JSON.stringify({ cniVersion: '0.2.0', ip4: { ip: '10.0.0.2/24' } }),
      JSON.stringify({ result: { ...result, ips: [] } }),
      JSON.stringify({ result: { ...result, interfaces: undefined } }),
      JSON.stringify({ result: { ...result, ips: [{}] } }),
      JSON.stringify({ result: null }),
      'null',
      '{"kind":"cniCacheV1","resu',
      '',
    ])
      assert.deepEqual(readAttachments(text), [], text);
  });
});

describe('the folder of results', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'pod-iam-cni-')), 'results');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read as it is each time', async () => {
    const records = new Records(folder);
    assert.deepEqual(await records.read(), []);
    mkdirSync(folder);
    const whole = JSON.stringify({ result: { ...result, interfaces: [{ name: 'veth1' }] } });
    writeFileSync(join(folder, 'net-1-eth0'), whole.slice(0, 40));
    assert.deepEqual(await records.read(), []);
    writeFileSync(join(folder, 'net-1-eth0'), whole);
    assert.deepEqual(await records.read(), [{ name: 'veth1', addresses }]);
    assert.deepEqual(await records.read(), [{ name: 'veth1', addresses }]);
    rmSync(join(folder, 'net-1-eth0'));
    assert.deepEqual(await records.read(), []);
  });

  it('is a fault when it cannot be read', async () => {
    writeFileSync(folder, 'a file');
    await assert.rejects(new Records(folder).read(), { code: 'ENOTDIR' });
  });
});

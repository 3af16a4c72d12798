import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostAddresses, isHostAddress, listHosts } from '../../src/proxy/host-addresses.ts';

const v4 = (address: string) => ({ address, family: 'IPv4' });
const v6 = (address: string) => ({ address, family: 'IPv6' });

describe('the addresses of the node', () => {
  const interfaces = {
    lo: [v4('127.0.0.1'), v6('::1')],
    ens5: [v4('10.0.0.7'), v6('fe80::1'), v6('2001:db8::7'), v6('2001:db8::8')],
    cni0: [v4('10.244.0.1'), v6('fd00:10::1')],
  };

  it('are the one that was given and the other family of its interface', () => {
    assert.deepEqual(hostAddresses(['10.0.0.7'], interfaces), { ipv4: '10.0.0.7', ipv6: '2001:db8::7' });
    assert.deepEqual(hostAddresses(['2001:db8:0::8'], interfaces), {
      ipv4: '10.0.0.7',
      ipv6: '2001:db8:0::8',
    });
  });

  it('are those that were given, whatever else there is', () => {
    const given = hostAddresses(['10.0.0.7', 'fd00::99'], interfaces);
    assert.deepEqual(given, { ipv4: '10.0.0.7', ipv6: 'fd00::99' });
    assert.deepEqual(listHosts(given), ['10.0.0.7', 'fd00::99']);
  });

  it('lack a family that the interface lacks, or has for its own link alone', () => {
    const alone = { ens5: [v4('10.0.0.7'), v6('fe80::1')], cni0: interfaces.cni0 };
    assert.deepEqual(hostAddresses(['10.0.0.7'], alone), { ipv4: '10.0.0.7', ipv6: null });
    const linkLocal = { ens5: [v4('169.254.7.7'), v6('2001:db8::7')] };
    assert.deepEqual(hostAddresses(['2001:db8::7'], linkLocal), { ipv4: null, ipv6: '2001:db8::7' });
    assert.deepEqual(hostAddresses(['10.9.9.9'], interfaces), { ipv4: '10.9.9.9', ipv6: null });
  });
});

it("the node's addresses are not its pods', but for 127.0.0.1, behind which there is no node", () => {
  assert.equal(isHostAddress('10.9.9.9', ['10.9.9.9']), true);
  assert.equal(isHostAddress('10.9.9.8', ['10.9.9.9']), false);
  assert.equal(isHostAddress('127.0.0.1', ['127.0.0.1']), false);
});

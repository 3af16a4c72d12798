import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forgetUnled } from '../../../src/proxy/redirect/forget.ts';
import type { Endpoint } from '../../../src/proxy/redirect/rule.ts';
import { Machine } from './machine.ts';

const endpoints: Endpoint[] = [
  { address: '169.254.169.254', family: 'ipv4', kind: 'metadata' },
  { address: 'fd00:ec2::254', family: 'ipv6', kind: 'metadata' },
];

describe('connections that were not led', () => {
  it('are forgotten by the address that answers them, whether there are any or not', async () => {
    for (const answer of [() => ({}), () => ({ code: 1 }), () => null]) {
      const machine = new Machine(answer);
      await forgetUnled(machine, endpoints);
      assert.deepEqual(machine.calls, [
        'conntrack -D -f ipv4 -p tcp -d 169.254.169.254 -r 169.254.169.254',
        'conntrack -D -f ipv6 -p tcp -d fd00:ec2::254 -r fd00:ec2::254',
      ]);
    }
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { iptablesPrograms, legacyTables } from '../../../../src/proxy/redirect/iptables/variants.ts';
import { Machine } from '../machine.ts';

describe('the implementations of iptables', () => {
  const programsOf = async (versions: Record<string, string>) => [
    ...(await iptablesPrograms(
      new Machine(([program = '']) => (versions[program] ? { stdout: versions[program] } : null)),
    )),
  ];

  it('are each named once, however many programs there are', async () => {
    assert.deepEqual(
      await programsOf({
        iptables: 'iptables v1.8.9 (legacy)\n',
        'iptables-nft': 'iptables v1.8.9 (nf_tables)\n',
        'iptables-legacy': 'iptables v1.8.9 (legacy)\n',
      }),
      [
        ['legacy', 'iptables'],
        ['nf_tables', 'iptables-nft'],
      ],
    );
    assert.deepEqual(await programsOf({ iptables: 'iptables v1.6.1\n' }), [['legacy', 'iptables']]);
    assert.deepEqual(await programsOf({}), []);
  });

  it('are told apart by what the kernel has of the legacy one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pod-iam-net-'));
    assert.deepEqual(legacyTables(folder), new Set());
    writeFileSync(join(folder, 'ip_tables_names'), 'nat\nfilter\n');
    writeFileSync(join(folder, 'ip6_tables_names'), 'filter\n');
    assert.deepEqual(legacyTables(folder), new Set(['nat', 'filter']));
    rmSync(folder, { recursive: true });
    assert.equal(legacyTables('/dev/null'), null);
  });
});

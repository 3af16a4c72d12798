import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tools } from './tools.ts';

const SCRIPT = `
table inet pod_iam
delete table inet pod_iam
# one table, in one go
table inet pod_iam {
  chain prerouting {
    type nat hook prerouting priority dstnat - 5; policy accept;
    iifname != "lo" ip daddr 169.254.169.254 tcp dport 80 counter dnat ip to 10.0.0.1:8181 comment "pod-iam"
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    tcp dport 8181 ct original ip daddr 169.254.169.254 accept
    iifname "lo" accept
    tcp dport 8181 counter drop
  }
  chain forward {
    type filter hook forward priority filter - 5; policy drop;
    ip daddr { 169.254.169.254, 169.254.170.2 } counter reject with icmp port-unreachable
  }
}
`;

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pod-iam-nft-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const nft = (args: string[], input = ''): { status: number | null; stdout: string; stderr: string } => {
  const env = { POD_IAM_SANDBOX_NODE: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(tools, 'nft.cjs'), ...args], {
    env,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

/** All in one network namespace of its own, which vanishes with the shell. */
const real = (script: string): string =>
  spawnSync('unshare', ['-n', 'sh', '-c', `exec 2>&1; ${script}`], { input: SCRIPT, encoding: 'utf8' })
    .stdout;
const hasNft = spawnSync('unshare', ['-n', 'nft', 'list', 'tables']).status === 0;

describe('the nft of the sandbox', () => {
  it('prints back what was set', () => {
    assert.equal(nft(['-f', '-'], SCRIPT).status, 0);
    assert.equal(nft(['list', 'tables']).stdout, 'table inet pod_iam\n');
    assert.match(
      nft(['list', 'table', 'inet', 'pod_iam']).stdout,
      /^table inet pod_iam \{\n\tchain prerouting \{\n\t\ttype nat hook prerouting priority dstnat - 5; policy accept;\n/,
    );
  });

  it('prints it as the real one does', {
    skip: hasNft ? false : 'needs nft and the right to make a network namespace',
  }, () => {
    nft(['-f', '-'], SCRIPT);
    assert.equal(
      nft(['list', 'table', 'inet', 'pod_iam']).stdout,
      real('nft -f - && nft list table inet pod_iam'),
    );
  });

  it('says as the real one does that there is no such table', {
    skip: hasNft ? false : 'needs nft and the right to make a network namespace',
  }, () => {
    nft(['-f', '-'], SCRIPT);
    assert.equal(nft(['delete', 'table', 'inet', 'pod_iam']).status, 0);
    for (const verb of ['list', 'delete']) {
      const { status, stderr } = nft([verb, 'table', 'inet', 'pod_iam']);
      assert.equal(status, 1);
      assert.equal(stderr, real(`nft ${verb} table inet pod_iam`));
    }
  });

  it('refuses what it does not understand, and changes nothing', () => {
    nft(['-f', '-'], SCRIPT);
    const before = nft(['list', 'ruleset']).stdout;
    for (const rule of ['foo bar', 'ip daddr 1.2.3.4 masquerade', 'ip6 nexthdr 6 accept']) {
      const { status, stderr } = nft(['-f', '-'], `flush ruleset\ntable inet x { chain a { ${rule} } }`);
      assert.equal(status, 1);
      assert.match(stderr, /^Error: syntax error, unexpected /);
    }
    assert.equal(nft(['list', 'ruleset']).stdout, before);
  });

  it('takes a limit of new connections, which nobody here exceeds, and lists chains without their rules', () => {
    const limited =
      'tcp dport 8181 ct state new update @openers4 { iif . ip saddr limit rate over 5/second burst 9 packets } counter reject with tcp reset';
    nft(
      ['-f', '-'],
      `flush ruleset
table inet x {
  set openers4 { type iface_index . ipv4_addr; flags dynamic,timeout; }
  chain a { type filter hook input priority filter - 5; policy accept; ${limited}; }
}`,
    );
    assert.match(
      nft(['list', 'table', 'inet', 'x']).stdout,
      / limit rate over 5\/second burst 9 packets \} counter/,
    );
    const chain =
      'table inet x {\n\tchain a {\n\t\ttype filter hook input priority filter - 5; policy accept;\n';
    assert.equal(nft(['list', 'chains']).stdout, `${chain}\t}\n}\n`);
    assert.ok(nft(['list', 'chain', 'inet', 'x', 'a']).stdout.startsWith(`${chain}\t\ttcp dport 8181 `));
    nft(['flush', 'ruleset'], '');
  });

  it('tells a monitor of tables that go and come', async () => {
    nft(['-f', '-'], SCRIPT);
    const child = spawn(process.execPath, [join(tools, 'nft.cjs'), 'monitor'], {
      env: { POD_IAM_SANDBOX_NODE: folder },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    try {
      for (let i = 0; i < 50 && output === ''; i++) {
        await sleep(100);
        nft(['delete', 'table', 'inet', 'pod_iam']);
        await sleep(50);
        if (output === '') nft(['-f', '-'], SCRIPT);
      }
      assert.equal(output.split('\n')[0], 'delete table inet pod_iam');
    } finally {
      child.kill();
    }
  });
});

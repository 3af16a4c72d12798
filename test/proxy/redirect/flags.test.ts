import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRedirectFlags } from '../../../src/proxy/redirect/flags.ts';

describe('the command line of redirect', () => {
  it("takes the daemon's own flags and has its defaults", () => {
    const { rule, ...rest } = readRedirectFlags(['--host-ip=10.0.0.7', '--host-root=/host']);
    assert.deepEqual(rule?.(), {
      hosts: { ipv4: '10.0.0.7', ipv6: null },
      port: 8181,
      metadataAddress: '169.254.169.254',
      hostInterface: null,
      containerCredentials: false,
      fence: null,
    });
    assert.deepEqual(rest, {
      hostIps: ['10.0.0.7'],
      antiSpoof: 'auto',
      cniResults: '/var/lib/cni/results',
      hostRoot: '/host',
      stateDir: '/run/pod-iam',
      doneFile: '/done/removed',
      logLevel: 'info',
    });
  });

  it('intercepts the address that pods ask, wherever the daemon finds the real service', () => {
    const intercepted = (address: string) =>
      readRedirectFlags(['--host-ip=10.0.0.7', `--metadata-addr=${address}`]).rule?.().metadataAddress;
    assert.equal(intercepted('169.254.169.254:80'), '169.254.169.254');
    assert.equal(intercepted('169.254.169.250'), '169.254.169.250');
    assert.equal(intercepted('127.0.0.1:5060'), '169.254.169.254');
    assert.equal(intercepted('imds.test'), '169.254.169.254');
  });

  it('leads the container credentials to the daemon only when told so', () => {
    const { rule } = readRedirectFlags(['--host-ip=10.0.0.7', '--container-credentials']);
    assert.equal(rule?.().containerCredentials, true);
  });

  it('takes an address of each family, and an interface in the notation of the peers', () => {
    const { rule, hostIps } = readRedirectFlags([
      '--host-ip=2001:db8:0::7,10.0.0.7',
      '--host-interface=!eth0',
    ]);
    assert.deepEqual(hostIps, ['2001:db8::7', '10.0.0.7']);
    assert.deepEqual(rule?.().hosts, { ipv4: '10.0.0.7', ipv6: '2001:db8::7' });
    assert.equal(rule?.().hostInterface, '!eth0');
  });

  it('fences the node off for all but root, the daemon and the users that are named', () => {
    const of = (...flags: string[]) => readRedirectFlags(['--host-ip=10.0.0.7', ...flags]).rule?.().fence;
    assert.equal(of('--fence-exempt-users=1000'), null);
    assert.deepEqual(of('--fence-host-network'), [0, 65_532]);
    assert.deepEqual(of('--fence-host-network', '--fence-exempt-users=1000,0,1001'), [0, 65_532, 1000, 1001]);
  });

  it('needs no address to remove the rule', () => {
    assert.equal(readRedirectFlags(['--remove']).rule, null);
  });

  it('refuses what would make no rule, by name and value', () => {
    const faults: [string[], RegExp][] = [
      [[], /^--host-ip must be an IP address, or one of each family with a comma between, not ""$/],
      [['--host-ip=node-1'], /^--host-ip must be an IP address, or one .* not "node-1"$/],
      [['--host-ip=10.0.0.7,10.0.0.8'], /^--host-ip must be an IP address, or one of each family/],
      [['--host-ip=10.0.0.7', '--app-port=0'], /^--app-port must be a port \(1 to 65535\), not "0"$/],
      [['--host-ip=10.0.0.7', '--app-port=8181; flush ruleset'], /^--app-port must be a port/],
      [['--host-ip=10.0.0.7', '--host-interface=x" drop'], /^--host-interface must name an interface/],
      [['--host-ip=10.0.0.7', '--host-interface=!'], /^--host-interface must name an interface/],
      [
        ['--host-ip=10.0.0.7', '--anti-spoof=on'],
        /^--anti-spoof must be one of auto, required, off, not "on"$/,
      ],
      [
        ['--host-ip=10.0.0.7', '--fence-exempt-users=root'],
        /^--fence-exempt-users must be user ids with commas between, not "root"$/,
      ],
      [['--host-ip=10.0.0.7', '--bogus'], /^Unknown option '--bogus'/],
      [['--host-ip=10.0.0.7', 'word'], /^Unexpected argument 'word'/],
    ];
    for (const [argv, message] of faults) {
      assert.throws(() => readRedirectFlags(argv), { name: 'Problem', kind: 'usage', message });
    }
  });
});

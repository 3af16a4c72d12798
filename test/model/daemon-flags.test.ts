// The daemon's command line: what it takes, refuses and hands on.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DAEMON_FLAGS,
  daemonArgs,
  daemonDefaults,
  parseDaemonFlags,
  roleSettings,
} from '../../src/model/daemon-flags.ts';
import { Problem } from '../../src/model/problem.ts';
import { DEFAULT_SETTINGS } from '../../src/model/role.ts';

const refusal = (argv: string[]): string => {
  try {
    parseDaemonFlags(argv);
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  return 'accepted';
};

describe("the daemon's flags", () => {
  test('are taken as --flag=value, as --flag value and as switches', () => {
    const values = parseDaemonFlags(['--app-port=80', '--node', 'n1', '--insecure', '--iptables=false']);
    assert.deepEqual(
      [values['app-port'], values['node'], values['insecure'], values['iptables']],
      ['80', 'n1', true, false],
    );
  });

  test('keep an equals sign and a leading dash inside a value', () => {
    assert.equal(parseDaemonFlags(['--session-name=a={pod}'])['session-name'], 'a={pod}');
    assert.equal(parseDaemonFlags(['--default-role=-odd'])['default-role'], '-odd');
  });

  test('have their defaults when not given', () => {
    const values = parseDaemonFlags([]);
    assert.deepEqual(values, daemonDefaults());
    assert.equal(values['app-port'], '8181');
    assert.equal(values['admin-addr'], '127.0.0.1:8182');
    assert.equal(values['pod-wait'], '900ms');
    assert.equal(values['imds-tokens'], 'required');
    assert.equal(values['state-dir'], '/run/pod-iam');
  });

  test('that have no default are unset when given empty', () => {
    const values = parseDaemonFlags(['--base-role-arn=', '--host-ip=', '--region=']);
    assert.equal(roleSettings(values).baseRoleArn, null);
  });

  test('hold every name that scripts may rely on', () => {
    const names = DAEMON_FLAGS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of [
      'app-port api-server api-token kubeconfig insecure base-role-arn auto-discover-base-arn default-role',
      'auto-discover-default-role iam-role-key iam-external-id namespace-restrictions',
      'namespace-restriction-format namespace-key node metadata-addr host-ip host-interface iptables log-level',
      'bind admin-addr sts-endpoint region session-duration session-name imds-tokens allow-paths allowed-hosts',
      'pod-wait source docker-host legacy-regexp state-dir',
    ].flatMap((line) => line.split(' ')))
      assert.ok(names.includes(name), name);
  });

  test('take a region of every partition, and nothing that is none', () => {
    for (const region of ['eu-west-1', 'us-gov-west-1', 'cn-north-1', 'us-isob-east-1', 'eusc-de-east-1'])
      assert.equal(parseDaemonFlags([`--region=${region}`])['region'], region);
    for (const odd of ['EU-WEST-1', 'eu-west', 'https://sts', 'eu west 1', 'eu-west-1a'])
      assert.match(refusal([`--region=${odd}`]) ?? '', /^--region must be a region/);
  });

  test('take switches with a value as Go reads it', () => {
    for (const [value, is] of [
      ['true', true],
      ['True', true],
      ['1', true],
      ['t', true],
      ['false', false],
      ['FALSE', false],
      ['0', false],
    ] as const)
      assert.equal(parseDaemonFlags([`--insecure=${value}`])['insecure'], is, value);
  });

  test('are refused one by one, with what they must be', () => {
    for (const [argv, message] of [
      [['--app-prt=1'], 'there is no flag --app-prt; did you mean --app-port?'],
      [['--nonsense-of-no-kind=1'], 'there is no flag --nonsense-of-no-kind'],
      [['word'], '"word" is not a flag'],
      [['-n', 'x'], '"-n" is not a flag'],
      [['--node'], '--node needs a value'],
      [['--node', '--insecure'], '--node needs a value'],
      [['--state-dir='], '--state-dir must not be empty, not ""'],
      [['--insecure=maybe'], '--insecure is a switch: it takes =true or =false, not "maybe"'],
      [['--app-port=70000'], '--app-port must be a port (0 to 65535), not "70000"'],
      [
        ['--bind=localhost'],
        '--bind must be an IP address, or one of each family with a comma between, not "localhost"',
      ],
      [['--admin-addr=8182'], '--admin-addr must be ADDRESS:PORT, not "8182"'],
      [['--admin-addr=:8182'], '--admin-addr must be ADDRESS:PORT, not ":8182"'],
      [
        ['--allowed-hosts=a.example, http://b'],
        '--allowed-hosts must be Host headers with commas between, such as metadata.example,10.0.0.7:8181, not "a.example, http://b"',
      ],
      [['--session-duration=5m'], '--session-duration must be a duration of 15m to 12h, not "5m"'],
      [['--session-duration=3600'], '--session-duration must be a duration of 15m to 12h, not "3600"'],
      [['--pod-wait=1m'], '--pod-wait must be a duration of 0 to 10s, not "1m"'],
      [
        ['--imds-tokens=require'],
        '--imds-tokens must be one of required, optional, not "require"; did you mean "required"?',
      ],
      [['--sts-endpoint=sts.local'], '--sts-endpoint must be an http or https URL, not "sts.local"'],
      [
        ['--base-role-arn=arn:aws:iam::1:role/'],
        '--base-role-arn must be the front of role ARNs, such as arn:aws:iam::111122223333:role/, not "arn:aws:iam::1:role/"',
      ],
      [
        ['--default-role=two words'],
        '--default-role must be a role\'s name, path/name or ARN (it holds white space), not "two words"',
      ],
      [
        ['--session-name={namespace}-{name}'],
        '--session-name must be made of {namespace}, {pod}, {uid}, {node} and {role} ({name} is none of them), not "{namespace}-{name}"',
      ],
      [
        ['--default-role=x', '--auto-discover-default-role'],
        '--default-role and --auto-discover-default-role exclude each other',
      ],
    ] as const)
      assert.equal(refusal([...argv]), message);
  });

  test('written out and read again are the same', () => {
    const argv = ['--app-port=80', '--namespace-restrictions', '--session-name={role}', '--region=eu-west-1'];
    const values = parseDaemonFlags(argv);
    assert.deepEqual(daemonArgs(values).sort(), argv.sort());
    assert.deepEqual(parseDaemonFlags(daemonArgs(values)), values);
    assert.deepEqual(daemonArgs(daemonDefaults()), []);
  });

  test('give the settings by which a role is decided', () => {
    assert.deepEqual(roleSettings(parseDaemonFlags([])), DEFAULT_SETTINGS);
    const settings = roleSettings(
      parseDaemonFlags([
        '--base-role-arn=arn:aws:iam::111122223333:role/team',
        '--default-role=basic',
        '--namespace-restrictions',
        '--namespace-restriction-format=regexp',
        '--legacy-regexp',
        '--iam-role-key=example.com/role',
      ]),
    );
    assert.deepEqual(settings, {
      ...DEFAULT_SETTINGS,
      baseRoleArn: 'arn:aws:iam::111122223333:role/team/',
      defaultRole: 'basic',
      namespaceRestrictions: true,
      permitFormat: 'regexp',
      legacyRegexp: true,
      roleKey: 'example.com/role',
    });
  });
});

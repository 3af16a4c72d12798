import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { checkValues, defaultValues } from '../../src/manifests/values.ts';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { discoveredRoles } from '../../src/proxy/discovered-roles.ts';
import { type Environment, readSettings } from '../../src/proxy/settings.ts';

const read = (environment: Environment = {}, ...flags: string[]) =>
  readSettings(parseDaemonFlags(['--source=docker', ...flags]), environment);
const self = { partition: 'aws-cn', account: '777788889999', roleName: 'host' };

describe("metadataproxy's environment", () => {
  it('is understood', () => {
    const settings = read({
      AWS_REGION: 'cn-north-1',
      DEFAULT_ACCOUNT_ID: '111122223333',
      DEFAULT_ROLE: 'plain@prod',
      AWS_ACCOUNT_MAP: '{"prod":"444455556666"}',
      ROLE_SESSION_KEY: 'Env:TEAM',
      DOCKER_URL: 'unix://var/run/docker.sock',
      METADATA_URL: 'http://127.0.0.1:8999',
    });
    assert.deepEqual(settings.docker, {
      host: 'unix://var/run/docker.sock',
      keys: {
        roleKey: 'iam.amazonaws.com/role',
        externalIdKey: 'iam.amazonaws.com/external-id',
        sessionKey: 'Env:TEAM',
      },
      defaultAccount: '111122223333',
    });
    assert.deepEqual([settings.metadataHost, settings.metadataPort], ['127.0.0.1', 8999]);
    assert.equal(settings.roles.roleKey, 'IAM_ROLE');
    assert.equal(settings.roles.defaultRole, 'plain@prod');
    assert.equal(settings.node, hostname());
    const roles = discoveredRoles(settings, self);
    assert.equal(roles.baseRoleArn, 'arn:aws-cn:iam::111122223333:role/');
    assert.deepEqual(roles.accounts, { partition: 'aws-cn', byName: { prod: '444455556666' } });
  });

  it("leaves bare names to the daemon's own account where it names none, and the partition to a base ARN", () => {
    assert.equal(discoveredRoles(read(), self).baseRoleArn, 'arn:aws-cn:iam::777788889999:role/');
    const given = read({}, '--base-role-arn=arn:aws-us-gov:iam::111122223333:role/');
    assert.equal(discoveredRoles(given, null).accounts?.partition, 'aws-us-gov');
    assert.equal(given.discoverBaseArn, false);
  });

  it('yields to flags, and counts for nothing with Kubernetes', () => {
    const environment = {
      DEFAULT_ACCOUNT_ID: '111122223333',
      DEFAULT_ROLE: 'plain',
      DOCKER_HOST: 'tcp://10.0.0.1:2375',
      METADATA_URL: 'http://127.0.0.1:1',
    };
    const flags = ['--default-role=other', '--docker-host=unix:///x', '--metadata-addr=127.0.0.2'];
    const { roles, docker, metadataHost } = read(environment, ...flags);
    assert.deepEqual([roles.defaultRole, docker?.host, metadataHost], ['other', 'unix:///x', '127.0.0.2']);
    assert.equal(read(environment).docker?.host, 'tcp://10.0.0.1:2375');
    assert.equal(read().docker?.host, 'unix:///var/run/docker.sock');
    const kubernetes = readSettings(parseDaemonFlags([]), { ...environment, AWS_ACCOUNT_MAP: 'nonsense' });
    assert.deepEqual(
      [kubernetes.docker, kubernetes.roles.defaultRole, kubernetes.metadataHost],
      [null, null, '169.254.169.254'],
    );
  });

  it('is a usage error where it cannot be meant, or cannot be done', () => {
    for (const [environment, message] of [
      [{ AWS_ACCOUNT_MAP: 'prod=1' }, 'the variable AWS_ACCOUNT_MAP is "prod=1"'],
      [{ DEFAULT_ACCOUNT_ID: '12' }, 'the variable DEFAULT_ACCOUNT_ID is "12"'],
      [{ ROLE_SESSION_KEY: 'TEAM' }, 'the variable ROLE_SESSION_KEY is "TEAM"'],
      [{ ROLE_MAPPING_FILE: '/roles.json' }, 'the variable ROLE_MAPPING_FILE is "/roles.json"'],
      [{ MOCK_API: 'true' }, 'the variable MOCK_API is "true"'],
    ] as const)
      assert.throws(() => read(environment), { message, kind: 'usage' });
    assert.doesNotThrow(() => read({ MOCK_API: 'False', ROLE_REVERSE_LOOKUP: '0' }));
  });
});

describe('--source docker', () => {
  it('does not go with what only Kubernetes has', () => {
    for (const flag of ['--namespace-restrictions', '--container-credentials', '--kubeconfig=/x'])
      assert.throws(() => read({}, flag), /has no meaning with --source docker/);
    assert.throws(() => read({ NODE_NAME: 'n' }, '--startup-taint=a/b'), /--startup-taint has no meaning/);
  });

  it('is needed for --docker-host', () => {
    const values = parseDaemonFlags(['--docker-host=unix:///x']);
    assert.throws(() => readSettings(values, {}), { message: '--docker-host needs --source docker' });
  });

  it('is not for a DaemonSet', () => {
    const values = { ...defaultValues('1'), daemon: parseDaemonFlags(['--source=docker']) };
    assert.throws(() => checkValues(values), /--source docker is not for a cluster/);
  });
});

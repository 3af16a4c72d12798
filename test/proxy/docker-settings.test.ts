import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkValues, defaultValues } from '../../src/manifests/values.ts';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { type Environment, readSettings } from '../../src/proxy/settings.ts';

const read = (environment: Environment = {}, ...flags: string[]) =>
  readSettings(parseDaemonFlags(['--source=docker', ...flags]), environment);

describe("metadataproxy's environment", () => {
  it('is understood', () => {
    const { roles, docker } = read({
      AWS_REGION: 'cn-north-1',
      DEFAULT_ACCOUNT_ID: '111122223333',
      DEFAULT_ROLE: 'plain@prod',
      AWS_ACCOUNT_MAP: '{"prod":"444455556666"}',
      ROLE_SESSION_KEY: 'Env:TEAM',
    });
    assert.deepEqual(docker, {
      host: null,
      accounts: { partition: 'aws-cn', byName: { prod: '444455556666' } },
      sessionKey: 'Env:TEAM',
    });
    assert.equal(roles.roleKey, 'IAM_ROLE');
    assert.equal(roles.baseRoleArn, 'arn:aws-cn:iam::111122223333:role/');
    assert.equal(roles.defaultRole, 'arn:aws-cn:iam::444455556666:role/plain');
  });

  it('yields to flags, and counts for nothing with Kubernetes', () => {
    const environment = { DEFAULT_ACCOUNT_ID: '111122223333', DEFAULT_ROLE: 'plain' };
    assert.equal(read(environment, '--default-role=other').roles.defaultRole, 'other');
    const kubernetes = readSettings(parseDaemonFlags([]), { ...environment, AWS_ACCOUNT_MAP: 'nonsense' });
    assert.deepEqual([kubernetes.docker, kubernetes.roles.defaultRole], [null, null]);
  });

  it('is a usage error where it cannot be meant', () => {
    for (const [environment, message] of [
      [{ AWS_ACCOUNT_MAP: 'prod=1' }, 'the variable AWS_ACCOUNT_MAP is "prod=1"'],
      [{ DEFAULT_ACCOUNT_ID: '12' }, 'the variable DEFAULT_ACCOUNT_ID is "12"'],
      [{ DEFAULT_ROLE: 'a@b' }, 'the variable DEFAULT_ROLE is "a@b"'],
      [{ ROLE_SESSION_KEY: 'TEAM' }, 'the variable ROLE_SESSION_KEY is "TEAM"'],
    ] as const)
      assert.throws(() => read(environment), { message, kind: 'usage' });
  });
});

describe('--source docker', () => {
  it('does not go with what only Kubernetes has', () => {
    for (const flag of ['--namespace-restrictions', '--container-credentials', '--kubeconfig=/x'])
      assert.throws(() => read({}, flag), /has no meaning with --source docker/);
    assert.throws(() => read({ NODE_NAME: 'n' }, '--startup-taint=a/b'), /--startup-taint has no meaning/);
  });

  it('is not for a DaemonSet', () => {
    const values = { ...defaultValues('1'), daemon: parseDaemonFlags(['--source=docker']) };
    assert.throws(() => checkValues(values), /--source docker is not for a cluster/);
  });
});

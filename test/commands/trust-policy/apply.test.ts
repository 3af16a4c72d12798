// `trust-policy apply` as a process against the emulated AWS.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';
import { type Ran, runCli } from '../../helpers/run-cli.ts';

const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

describe('trust-policy apply', () => {
  const world = buildAws('210987654321');
  const operator = world.user('operator', {
    policy: allowing(['iam:GetRole', 'iam:ListRoles', 'iam:UpdateAssumeRolePolicy'] as never),
  });
  const node = world.role('kops/node', { trust: trusting(operator.arn) });
  const other = world.role('nodes', { trust: trusting(operator.arn) });
  const app = world.role('app', { trust: trusting(other.arn) });
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-apply-'));
  let aws: EmulatedAws;

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const apply = (...words: string[]): Promise<Ran> =>
    runCli(bin, ['trust-policy', 'apply', ...words], {
      cwd: folder,
      env: {
        AWS_ENDPOINT_URL: aws.url,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: operator.key.id,
        AWS_SECRET_ACCESS_KEY: operator.key.secret,
      },
    });
  const trustOf = (name: string): { Statement: unknown[] } =>
    JSON.parse(world.state.roles.find((role) => role.name === name)!.trustPolicy);

  it('shows the change and asks, and without a terminal wants --yes', async () => {
    const ran = await apply('--role', 'app', '--node-role', node.arn);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, new RegExp(`^\\+ ${node.arn} may assume the role$`, 'm'));
    assert.match(ran.stderr, /Next: give --yes/);
    assert.equal(trustOf('app').Statement.length, 1);
  });

  it('prints the new document with --dry-run and writes nothing', async () => {
    const ran = await apply('--role', 'app', '--node-role', node.arn, '--dry-run');
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(JSON.parse(ran.stdout).Statement[1].Principal, { AWS: node.arn });
    assert.equal(trustOf('app').Statement.length, 1);
  });

  it('writes it, keeps the old document, and does nothing the second time', async () => {
    const ran = await apply(
      '--role',
      app.arn,
      '--node-role',
      node.arn,
      '--yes',
      '--backup',
      'old.json',
      '--json',
    );
    assert.equal(ran.code, 0, ran.stderr);
    const outcome = JSON.parse(ran.stdout);
    assert.deepEqual([outcome.role, outcome.changed, outcome.backup], [app.arn, true, 'old.json']);
    assert.equal(trustOf('app').Statement.length, 2);
    assert.equal(JSON.parse(readFileSync(join(folder, 'old.json'), 'utf8')).Statement.length, 1);
    const again = await apply('--role', 'app', '--node-role', node.arn, '--yes');
    assert.equal(again.code, 0);
    assert.equal(again.stdout, `The trust policy of ${app.arn} is left as it is\n`);
  });

  it('passes on what IAM refuses', async () => {
    const ran = await apply('--role', 'app', '--node-role', 'arn:aws:iam::210987654321:role/ghost', '--yes');
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /Invalid principal in policy/);
    assert.doesNotMatch(ran.stderr, /\n {4}at /);
  });

  it('offers the nearest role', async () => {
    const ran = await apply('--role', 'apps', '--node-role', node.arn, '--yes');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /there is no role apps in this account\n {2}Next: did you mean app\?/);
  });
});

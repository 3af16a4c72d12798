// `who-can-assume` as a process against the emulated AWS.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
  trustingEc2,
} from '../../src/sandbox/aws/index.ts';
import { bin, runCli } from '../helpers/run-cli.ts';

describe('who-can-assume', () => {
  const world = buildAws('210987654321');
  const reader = world.user('reader', { policy: allowing(['iam:GetRole', 'iam:ListRoles']) });
  const nobody = world.user('nobody');
  const node = world.role('node', { trust: trustingEc2() });
  const app = world.role('app', { trust: trusting(node.arn) });
  let aws: EmulatedAws;
  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const ask = (role: string, { key } = reader) =>
    runCli(bin, ['who-can-assume', role, '--no-cluster'], {
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
        ...{ AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret },
      },
    });

  it('follows the trust policies of the account from role to role', async () => {
    const ran = await ask('app');
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(
      ran.stdout,
      [
        app.arn,
        '  └─ sessions of the role node of account 210987654321',
        '     └─ EC2 (any instance that the role is attached to)',
        '',
      ].join('\n'),
    );
  });

  it('shows what it may read, says what it may not, and ends with 3', async () => {
    const ran = await ask('app', world.user('half', { policy: allowing('iam:GetRole') }));
    assert.equal(ran.code, 3);
    assert.equal(ran.stdout, `${app.arn}\n  └─ sessions of the role node of account 210987654321\n`);
    assert.match(
      ran.stderr,
      /^Not known: who can become the roles that it names, in turn: AWS does not allow iam:ListRoles \(allow it/m,
    );
  });

  it('says which permission is missing, and which name is near', async () => {
    const denied = await ask('app', nobody);
    assert.notEqual(denied.code, 0);
    assert.match(denied.stderr, /AWS does not allow iam:GetRole/);
    assert.doesNotMatch(denied.stderr, /\n\s+at /);
    const unknown = await ask('ap');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /app/);
  });
});

// `trust-policy explain --role` as a process against the emulated AWS, and against a sandbox's cluster.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';
import { runCli } from '../../helpers/run-cli.ts';

const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

describe('trust-policy explain --role', () => {
  const world = buildAws('210987654321');
  const admin = world.user('admin', { policy: allowing('*') });
  const node = world.role('kops/node', {
    trust: trusting(admin.arn),
    policy: allowing('sts:AssumeRole', 'arn:aws:iam::210987654321:role/app'),
  });
  const app = world.role('app', { trust: trusting('arn:aws:iam::210987654321:root') });
  world.role('lone', { trust: trusting('arn:aws:iam::210987654321:root') });
  let aws: EmulatedAws;
  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const explain = (...words: string[]) =>
    runCli(bin, ['trust-policy', 'explain', '--no-cluster', ...words], {
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
        ...{ AWS_ACCESS_KEY_ID: admin.key.id, AWS_SECRET_ACCESS_KEY: admin.key.secret },
      },
    });

  it("reads the role from IAM, and asks IAM's simulator about the node's own side", async () => {
    const ran = await explain('--role', 'app', '--node-role', node.arn);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`the pod's role {9}${app.arn}`));
    assert.match(
      ran.stdout,
      /✓ holds {3}1 {2}app trusts the node: .*\n {15}decided by the trust policy of app/,
    );
    assert.match(ran.stdout, /✓ holds {3}2 {2}node may call sts:AssumeRole on app\./);
    assert.match(ran.stdout, /Statement 0 lets any role or user of account 210987654321/);
  });

  it('shows which side is missing', async () => {
    const ran = await explain('--role', 'lone', '--node-role', node.arn, '--json');
    const { chains } = JSON.parse(ran.stdout) as { chains: { links: { holds: unknown }[] }[] };
    assert.deepEqual(
      chains[0]!.links.map(({ holds }) => holds),
      [true, false],
    );
  });

  it('offers the nearest name for a role that is not there, and wants something to explain', async () => {
    const ran = await explain('--role', 'ap');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /app/);
    const nothing = await explain();
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /there is nothing to explain/);
  });
});

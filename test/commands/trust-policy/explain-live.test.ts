// `trust-policy explain --role` as a process against the emulated AWS, and against a sandbox's cluster.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';
import { bin, runCli } from '../../helpers/run-cli.ts';

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

  const explain = (...words: string[]) => explainAs(admin.key, '--no-cluster', ...words);
  const explainAs = ({ id, secret }: { id: string; secret: string }, ...words: string[]) =>
    runCli(bin, ['trust-policy', 'explain', ...words], {
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
        ...{ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret },
      },
    });

  it("reads the role from IAM, and asks IAM's simulator about the node's own side", async () => {
    const ran = await explain('--role', 'app', '--node-role', node.arn);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`the pod's role {9}${app.arn}`));
    assert.match(
      ran.stdout,
      /✓ holds {3}1 {2}app trusts the node: [^✓]*; that leaves it to\n {15}the node's own policies\.\n {15}decided by the trust policy of app/,
    );
    assert.match(ran.stdout, /✓ holds {3}2 {2}node may call sts:AssumeRole on app\./);
    assert.match(ran.stdout, /Statement 0 lets any role or user of account 210987654321/);
    // What the simulator has answered is no finding any more.
    assert.doesNotMatch(ran.stdout, /TP019/);
  });

  it('shows which side is missing', async () => {
    const ran = await explain('--role', 'lone', '--node-role', node.arn, '--json');
    const { chains } = JSON.parse(ran.stdout) as { chains: { links: { holds: unknown }[] }[] };
    assert.deepEqual(
      chains[0]!.links.map(({ holds }) => holds),
      [true, false],
    );
  });

  it('draws what it may not read as unknown, with the policy that would let it, and ends with 3', async () => {
    const nobody = world.user('nobody');
    const ran = await explainAs(nobody.key, '--role', 'app', '--node-role', node.arn);
    assert.equal(ran.code, 3, ran.stderr);
    assert.match(ran.stdout, new RegExp(`the pod's role {9}${app.arn}$`, 'm'));
    assert.match(
      ran.stdout,
      /^ {2}\? unknown 1 {2}Which workloads name the role is not known: no kubeconfig/m,
    );
    assert.match(
      ran.stdout,
      /^ {2}\? unknown 2 {2}Whom app trusts is not known: AWS does not allow iam:GetRole/m,
    );
    assert.match(
      ran.stdout,
      /^ {2}To know 2: be allowed to iam:GetRole on arn:aws:iam::210987654321:role\/app, by\n {4}\{$/m,
    );
    assert.match(
      ran.stdout,
      /^ {2}To know 3: be allowed to iam:SimulatePrincipalPolicy on .*role\/kops\/node, by$/m,
    );
    assert.ok(!ran.stdout.includes('Statement 0') && !ran.stdout.includes('\u001b'));
    const bare = await explainAs(admin.key, '--role', 'app');
    assert.equal(bare.code, 0, bare.stderr);
    assert.match(bare.stdout, /^ {25}\(not known\)$/m);
    assert.match(bare.stdout, /^ {2}To know 2: give --node-role ARN$/m);
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

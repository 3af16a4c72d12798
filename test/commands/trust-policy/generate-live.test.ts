// `trust-policy generate` that finds the nodes' roles in an emulated cluster, and its word where it cannot.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmulatedCluster, startEmulatedCluster } from '../../../src/sandbox/api/index.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';
import { bin, type Ran, runCli } from '../../helpers/run-cli.ts';

const id = 'i-0123456789abcdef0';

describe('trust-policy generate in a cluster', () => {
  const world = buildAws('210987654321');
  const reader = world.user('reader', {
    policy: allowing(['ec2:DescribeInstances', 'iam:GetInstanceProfile', 'iam:GetRole']),
  });
  const nobody = world.user('nobody');
  const nodes = world.role('kops/nodes', { trust: trustingEc2() });
  world.instance(id, { role: 'nodes' });
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-generate-'));
  const kubeconfig = join(folder, 'kubeconfig');
  let aws: EmulatedAws;
  let cluster: EmulatedCluster;

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
    cluster = await startEmulatedCluster();
    writeFileSync(kubeconfig, cluster.kubeconfig);
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
    cluster.system.create('nodes', { ...node, spec: { providerID: `aws:///eu-west-1a/${id}` } });
  });
  after(async () => {
    await cluster.close();
    await aws.close();
  });

  const run = (words: string[], { key } = reader, input = ''): Promise<Ran> =>
    runCli(bin, ['trust-policy', ...words], {
      input,
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1', KUBECONFIG: kubeconfig },
        ...{ AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret },
      },
    });

  it('names the role in the instance profile of the nodes, and what it prints is right', async () => {
    const ran = await run(['generate', '--role', 'blue']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(JSON.parse(ran.stdout).Statement[0].Principal, { AWS: nodes.arn });
    const found = `Found: the nodes are ${nodes.arn} (the roles in the instance profiles of the nodes)`;
    assert.ok(ran.stderr.includes(`${found}\n`), ran.stderr);
    const checked = await run(['check', '-', '--node-role', nodes.arn], reader, ran.stdout);
    assert.equal(checked.code, 0, checked.stdout);
    const simulated = await run(['simulate', '--policy', '-', '--caller', nodes.arn], reader, ran.stdout);
    assert.equal(simulated.code, 0, simulated.stdout);
  });

  it('is told to look with --cluster, and not to with --no-cluster or an account', async () => {
    const arn = 'arn:aws:iam::210987654321:role/blue';
    const asked = await run(['generate', '--role', arn, '--cluster']);
    assert.deepEqual(JSON.parse(asked.stdout).Statement[0].Principal, { AWS: nodes.arn });
    const calls = aws.requests.length;
    const offline = await run(['generate', '--role', arn]);
    assert.deepEqual(JSON.parse(offline.stdout).Statement[0].Principal, {
      AWS: 'arn:aws:iam::210987654321:root',
    });
    assert.match(offline.stderr, /^Note: the policy trusts the whole account .*, and --cluster finds it$/m);
    const never = await run(['generate', '--role', 'blue', '--no-cluster']);
    assert.equal(never.code, 2);
    assert.equal(never.stderr, 'Error: the identity of the nodes is missing\n  Next: give --node-role ARN\n');
    assert.equal(aws.requests.length, calls);
  });

  it('says why nothing tells it, and asks for it', async () => {
    const ran = await run(['generate', '--role', 'blue'], nobody);
    assert.deepEqual([ran.code, ran.stdout], [2, '']);
    assert.match(ran.stderr, /^Error: the identity of the nodes is missing$/m);
    assert.match(ran.stderr, /Why:.*the running daemons: pod-iam is not installed;/);
    assert.match(ran.stderr, /the instances of the nodes: AWS does not allow ec2:DescribeInstances/);
    assert.match(ran.stderr, /^ {2}Next: give --node-role ARN$/m);
  });
});

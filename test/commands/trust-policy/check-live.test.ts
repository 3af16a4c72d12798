// `trust-policy check --live` as a process against the emulated AWS.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Report, Result } from '../../../src/model/finding.ts';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';
import { bin, runCli } from '../../helpers/run-cli.ts';

const ROOT = 'arn:aws:iam::210987654321:root';
const APP = 'arn:aws:iam::210987654321:role/app';

describe('trust-policy check --live', () => {
  const world = buildAws('210987654321');
  const admin = world.user('admin', { policy: allowing('*') });
  const reader = world.user('reader', { policy: allowing(['iam:GetRole', 'iam:GetUser']) });
  const able = world.role('kops/able', {
    trust: trusting(admin.arn),
    policy: allowing('sts:AssumeRole', APP),
  });
  const unable = world.role('unable', { trust: trusting(admin.arn) });
  let aws: EmulatedAws;
  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  async function check(
    { id, secret }: { id: string; secret: string },
    ...words: string[]
  ): Promise<{ code: number; of: (code: string) => Result[] }> {
    const ran = await runCli(bin, ['trust-policy', 'check', '-', '--live', '--json', ...words], {
      input: JSON.stringify(trusting(ROOT)),
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
        ...{ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret },
      },
    });
    const { results } = JSON.parse(ran.stdout) as Report;
    return { code: ran.code!, of: (code) => results.filter((result) => result.code === code) };
  }

  it("decides by IAM's simulator what the document leaves to the nodes' own policies", async () => {
    const good = await check(admin.key, '--role', 'app', '--node-role', able.arn);
    assert.deepEqual(
      good.of('TP019').map(({ status }) => status),
      ['pass'],
    );
    assert.equal(good.code, 0);
    const bad = await check(admin.key, '--role', 'app', '--node-role', unable.arn);
    assert.deepEqual(
      bad.of('TP019').map(({ status, observed }) => [status, observed]),
      [
        [
          'fail',
          `${unable.arn} is let in only as one of its account's identities; IAM's simulator says that its own side does not allow it`,
        ],
      ],
    );
    assert.equal(bad.code, 1);
  });

  it('is unknown, with the right to grant, where the simulator may not be asked', async () => {
    const { of } = await check(reader.key, '--role', 'app', '--node-role', able.arn);
    const [result] = of('TP019');
    assert.equal(result!.status, 'unknown');
    assert.match(result!.observed, /is not known: AWS does not allow iam:SimulatePrincipalPolicy/);
    assert.deepEqual(JSON.parse(result!.fix!.patch!).Statement, [
      { Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: able.arn },
    ]);
  });

  it('only warns without the role, which the simulator must know', async () => {
    const { of } = await check(admin.key, '--node-role', able.arn);
    assert.equal(of('TP019')[0]!.status, 'warn');
  });
});

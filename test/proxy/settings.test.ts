// From flags and environment to settings, and what the daemon finds out about itself.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { discoveredRoles } from '../../src/proxy/discovered-roles.ts';
import { bindAddresses } from '../../src/proxy/host-addresses.ts';
import { readSettings } from '../../src/proxy/settings.ts';
import { CREDENTIALS, startWorld, until } from './world.ts';

const read = (argv: string[], environment = {}) => readSettings(parseDaemonFlags(argv), environment);

describe("the daemon's settings", () => {
  test('listen on the host address when one is given, else on the loopback alone', () => {
    assert.deepEqual(bindAddresses(read([])), ['127.0.0.1']);
    assert.deepEqual(bindAddresses(read(['--host-ip=10.0.0.5'])), ['10.0.0.5']);
    assert.deepEqual(bindAddresses(read(['--host-ip=2001:db8::5,10.0.0.5'])), ['2001:db8::5', '10.0.0.5']);
    assert.deepEqual(bindAddresses(read(['--host-ip=10.0.0.5', '--bind=0.0.0.0'])), ['0.0.0.0']);
  });

  test('take node and region from the environment when no flag says them', () => {
    const { node, region } = read([], { NODE_NAME: 'n1', AWS_REGION: 'eu-west-1' });
    assert.deepEqual([node, region], ['n1', 'eu-west-1']);
    const given = read(['--node=n2', '--region=us-east-1'], { NODE_NAME: 'n1', AWS_REGION: 'eu-west-1' });
    assert.deepEqual([given.node, given.region], ['n2', 'us-east-1']);
  });

  test('take the endpoint of STS from the environment as SDKs do, when no flag says it', () => {
    const of = (argv: string[], environment: Record<string, string>) => read(argv, environment).stsEndpoint;
    const [all, own] = [{ AWS_ENDPOINT_URL: 'http://all' }, { AWS_ENDPOINT_URL_STS: 'https://sts.internal' }];
    assert.equal(of([], {}), null);
    assert.equal(of([], all), 'http://all');
    assert.equal(of([], { ...all, ...own }), 'https://sts.internal');
    assert.equal(of(['--sts-endpoint=https://flag'], { ...all, ...own }), 'https://flag');
    assert.equal(of([], { ...all, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }), null);
    assert.throws(
      () => of([], { AWS_ENDPOINT_URL_STS: 'sts.internal' }),
      /AWS_ENDPOINT_URL_STS is not an endpoint/,
    );
  });

  test('read addresses with a port and without, also of IPv6', () => {
    const { metadataHost, metadataPort } = read(['--metadata-addr=fd00:ec2::254']);
    assert.deepEqual([metadataHost, metadataPort], ['fd00:ec2::254', 80]);
    const { adminHost, adminPort } = read(['--admin-addr=[::1]:9000']);
    assert.deepEqual([adminHost, adminPort], ['::1', 9000]);
  });

  test('discover base ARN and default role only when told so', () => {
    const self = { partition: 'aws-cn', account: '111122223333', roleName: 'node' };
    assert.equal(discoveredRoles(read([]), self).baseRoleArn, null);
    const base = discoveredRoles(read(['--auto-discover-base-arn']), self);
    assert.deepEqual([base.baseRoleArn, base.defaultRole], ['arn:aws-cn:iam::111122223333:role/', null]);
    const role = discoveredRoles(read(['--auto-discover-default-role']), self);
    assert.deepEqual([role.baseRoleArn, role.defaultRole], ['arn:aws-cn:iam::111122223333:role/', 'node']);
    assert.equal(discoveredRoles(read(['--auto-discover-default-role']), null).defaultRole, null);
  });

  test('a discovered base ARN serves bare names from the first request on', async () => {
    const world = await startWorld(['--base-role-arn=', '--auto-discover-base-arn']);
    try {
      world.aws.latencyMs = 100;
      world.pod('blue', { ip: '127.27.0.1', role: 'blue' });
      const { status, body } = await world.get('127.27.0.1', CREDENTIALS);
      assert.deepEqual([status, body], [200, 'blue']);
      await until('credentials', () => world.lines('issued').length === 1);
    } finally {
      await world.close();
    }
  });

  for (const partition of ['aws-cn', 'aws-us-gov'])
    test(`in ${partition} the daemon finds its base ARN and assumes roles of that partition`, async () => {
      const world = await startWorld(['--base-role-arn=', '--auto-discover-base-arn'], partition);
      try {
        world.pod('blue', { ip: '127.27.0.2', role: 'blue' });
        assert.equal((await world.get('127.27.0.2', CREDENTIALS)).body, 'blue');
        const { status } = await world.get('127.27.0.2', `${CREDENTIALS}blue`);
        const { body } = await world.get('127.27.0.2', '/latest/meta-data/iam/info');
        const asked = world.aws.requests.find(({ action }) => action === 'AssumeRole')?.parameters['RoleArn'];
        assert.deepEqual(
          [status, asked, JSON.parse(body).InstanceProfileArn],
          [
            200,
            `arn:${partition}:iam::111122223333:role/blue`,
            `arn:${partition}:iam::111122223333:instance-profile/blue`,
          ],
        );
      } finally {
        await world.close();
      }
    });
});

// `trust-policy apply` and its proof against moto, an IAM and STS that we did not write, with its
// authorisation switched on. Asked is only what moto judges as AWS does: callers that are users, and
// documents of one statement (it takes an Allow that names somebody else for a refusal).
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { allowing, trusting } from '../../src/sandbox/aws/index.ts';
import { generateTrustPolicy } from '../../src/trust-policy/generate.ts';
import { bin, type Ran, runCli } from '../helpers/run-cli.ts';
import { type MotoServer, startMotoServer } from './helpers/moto-server.ts';

const program = process.env.POD_IAM_E2E_MOTO;
const arnOf = (name: string): string => `arn:aws:iam::123456789012:user/${name}`;

describe('trust-policy apply and moto', { skip: program ? false : 'POD_IAM_E2E_MOTO is not set' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-moto-'));
  const credentials = join(folder, 'credentials');
  let free: IAMClient;
  let moto: MotoServer;

  before(async () => {
    moto = await startMotoServer(program!, '127.0.0.1');
    free = new IAMClient({
      endpoint: moto.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIAFREE', secretAccessKey: 'free' },
    });
    const profiles: string[] = [];
    for (const [UserName, policy] of [
      ['operator', allowing('*')],
      ['node', allowing('sts:AssumeRole')],
      ['lone', allowing('iam:*')],
    ] as const) {
      await free.send(new CreateUserCommand({ UserName }));
      const { AccessKey } = await free.send(new CreateAccessKeyCommand({ UserName }));
      const input = { UserName, PolicyName: 'own', PolicyDocument: JSON.stringify(policy) };
      await free.send(new PutUserPolicyCommand(input));
      const { AccessKeyId, SecretAccessKey } = AccessKey!;
      profiles.push(
        `[${UserName}]`,
        `aws_access_key_id=${AccessKeyId}`,
        `aws_secret_access_key=${SecretAccessKey}`,
      );
    }
    writeFileSync(credentials, `${profiles.join('\n')}\n`);
    const own = generateTrustPolicy({ mode: 'proxy', nodeIdentities: [arnOf('lone')] });
    for (const RoleName of ['blue', 'green', 'red'])
      await free.send(
        new CreateRoleCommand({
          RoleName,
          AssumeRolePolicyDocument: RoleName === 'blue' ? own : JSON.stringify(trusting(arnOf('lone'))),
        }),
      );
    await fetch(`${moto.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  });
  after(() => {
    moto?.stop();
    free?.destroy();
  });

  const apply = (...words: string[]): Promise<Ran> =>
    runCli(bin, ['trust-policy', 'apply', '--profile', 'operator', ...words], {
      cwd: folder,
      env: {
        ...{ AWS_ENDPOINT_URL: moto.url, AWS_REGION: 'eu-west-1' },
        AWS_SHARED_CREDENTIALS_FILE: credentials,
      },
    });

  it('adds one statement, keeps the old document and proves it as the one let in', async () => {
    const words = [
      '--role',
      'blue',
      '--node-role',
      arnOf('node'),
      '--yes',
      '--prove-as',
      'node',
      '--wait',
      '2s',
    ];
    const ran = await apply(...words, '--backup', 'blue.json', '--json');
    assert.equal(ran.code, 0, ran.stderr + ran.stdout);
    const { proof, added, changed } = JSON.parse(ran.stdout);
    assert.deepEqual([changed, added], [true, [`${arnOf('node')} may assume the role`]]);
    assert.equal(proof.outcome, 'proven', ran.stderr);
    assert.equal(proof.session, 'arn:aws:sts::123456789012:assumed-role/blue/pod-iam-proof');
    assert.match(proof.control, /^before the change: AccessDenied/);
    assert.equal(JSON.parse(readFileSync(join(folder, 'blue.json'), 'utf8')).Statement.length, 1);
    assert.equal(statSync(join(folder, 'blue.json')).mode & 0o777, 0o600);
    const again = await apply('--role', 'blue', '--node-role', arnOf('node'), '--yes');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /is left as it is/);
  });

  it('says what it did not prove, and why', async () => {
    const ran = await apply('--role', 'green', '--node-role', arnOf('node'), '--yes');
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(
      ran.stderr,
      /^Not proven: these are credentials of .*user\/operator, whom it does not let in/m,
    );
  });

  it('ends with 3 where STS goes on refusing, as for a caller whose own policy is silent', async () => {
    const ran = await apply(
      '--role',
      'red',
      '--node-role',
      arnOf('lone'),
      '--prove-as',
      'lone',
      '--wait',
      '500ms',
    );
    assert.equal(ran.code, 3, ran.stderr);
    assert.match(ran.stderr, /^Not in force: STS still refuses .*user\/lone after 1 s: AccessDenied/m);
  });

  it('refuses to take out what it did not write', async () => {
    const file = join(folder, 'other.json');
    writeFileSync(file, JSON.stringify(trusting(arnOf('node'))));
    const ran = await apply('--role', 'green', '--file', file, '--yes');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /statement 0: .*user\/lone may call sts:AssumeRole/);
    const asOperator = await apply('--role', 'green', '--file', file, '--dry-run', '--allow-removals');
    assert.equal(asOperator.code, 0, asOperator.stderr);
    const known = new GetRoleCommand({ RoleName: 'green' });
    await assert.rejects(free.send(known), { name: 'InvalidClientTokenId' });
  });
});

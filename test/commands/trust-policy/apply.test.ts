// `trust-policy apply` as a process against the emulated AWS.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  allowing,
  buildAws,
  type EmulatedAws,
  startEmulatedAws,
  trusting,
} from '../../../src/sandbox/aws/index.ts';
import { bin, type Ran, runCli } from '../../helpers/run-cli.ts';

describe('trust-policy apply', () => {
  const world = buildAws('210987654321');
  const operator = world.user('operator', {
    policy: allowing(['iam:GetRole', 'iam:ListRoles', 'iam:UpdateAssumeRolePolicy']),
  });
  const admin = world.user('admin', { policy: allowing('*') });
  const node = world.role('kops/node', { trust: trusting(operator.arn) });
  const other = world.role('nodes', { trust: trusting(operator.arn) });
  const app = world.role('app', { trust: trusting(other.arn) });
  const folder = mkdtempSync(join(tmpdir(), 'pod-iam-apply-'));
  let aws: EmulatedAws;

  before(async () => {
    aws = await startEmulatedAws({ state: world.state });
  });
  after(() => aws.close());

  const apply = (...words: string[]): Promise<Ran> => applyAs(operator.key, ...words);
  const applyAs = ({ id, secret }: { id: string; secret: string }, ...words: string[]): Promise<Ran> =>
    applyWith({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret }, ...words);
  const applyWith = (env: Record<string, string>, ...words: string[]): Promise<Ran> =>
    runCli(bin, ['trust-policy', 'apply', ...words], {
      cwd: folder,
      env: {
        ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
        ...{ AWS_ACCESS_KEY_ID: operator.key.id, AWS_SECRET_ACCESS_KEY: operator.key.secret },
        ...env,
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

  it('ends with 1 where a Deny keeps the nodes out', async () => {
    const { arn } = world.role('closed', {
      trust: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: node.arn }, Action: 'sts:AssumeRole' },
          { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
        ],
      },
    });
    const ran = await apply('--role', 'closed', '--node-role', node.arn, '--yes');
    assert.equal(ran.code, 1, ran.stderr);
    assert.equal(ran.stdout, `The trust policy of ${arn} is left as it is\n`);
    assert.match(ran.stderr, /^Note: statement 1 denies it to .* no further Allow helps against a Deny/m);
  });

  it('refuses a role that is not there, and passes on what IAM refuses', async () => {
    const ghost = 'arn:aws:iam::210987654321:role/ghost';
    const ran = await apply('--role', 'app', '--node-role', ghost, '--yes');
    assert.equal(ran.code, 2);
    assert.match(
      ran.stderr,
      /there is no role .*role\/ghost to let in\n {2}Why:.*Invalid principal in policy/,
    );
    const user = await apply('--role', 'app', '--node-role', ghost.replace('role/', 'user/'), '--yes');
    assert.equal(user.code, 3);
    assert.match(user.stderr, /Invalid principal in policy/);
    assert.doesNotMatch(user.stderr, /\n {4}at /);
  });

  it('says that nothing was proven where the caller is none whom the document lets in, and what proves it', async () => {
    const late = world.role('late', { trust: trusting(other.arn) });
    const ran = await apply('--role', 'late', '--node-role', node.arn, '--yes', '--backup', 'late.json');
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(
      ran.stderr,
      /^In short: sessions of the role kops\/node of account 210987654321 may now become late/m,
    );
    assert.match(
      ran.stderr,
      /^Not proven: these are credentials of .*user\/operator, whom it does not let in: /m,
    );
    const command = `aws sts assume-role --role-arn ${late.arn} --role-session-name pod-iam-proof`;
    assert.ok(ran.stderr.includes(`those it lets in: ${command}\n`), ran.stderr);
    assert.equal(statSync(join(folder, 'late.json')).mode & 0o777, 0o600);
  });

  it('proves it by an AssumeRole where the caller is let in', async () => {
    world.role('mine', { trust: trusting(other.arn) });
    const ran = await apply('--role', 'mine', '--node-role', operator.arn, '--yes', '--json');
    assert.equal(ran.code, 0, ran.stderr);
    const { proof } = JSON.parse(ran.stdout);
    assert.equal(proof.outcome, 'proven');
    assert.equal(proof.session, 'arn:aws:sts::210987654321:assumed-role/mine/pod-iam-proof');
    assert.match(proof.control, /^before the change: AccessDenied/);
  });

  it('proves it by the credentials of another profile, also later', async () => {
    const guest = world.user('guest');
    world.role('theirs', { trust: trusting(other.arn) });
    const file = join(folder, 'credentials');
    writeFileSync(
      file,
      `[guest]\naws_access_key_id=${guest.key.id}\naws_secret_access_key=${guest.key.secret}\n`,
    );
    const words = ['--role', 'theirs', '--node-role', guest.arn, '--yes', '--prove-as', 'guest'];
    const env = { AWS_SHARED_CREDENTIALS_FILE: file };
    for (const wanted of [/is changed/, /is left as it is/]) {
      const ran = await applyWith(env, ...words);
      assert.equal(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, wanted);
      assert.match(ran.stderr, /^Proven: .*user\/guest became .*assumed-role\/theirs\/pod-iam-proof \(/m);
    }
    const ran = await applyWith(env, '--role', 'app', '--node-role', node.arn, '--prove-as', 'guest');
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /^Not proven: these are credentials of .*user\/guest, whom it does not let in/m);
  });

  it('waits for STS, and ends with 3 when it goes on refusing', async () => {
    const blocked = world.user('blocked', {
      policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }],
      },
    });
    world.role('shut', { trust: trusting(other.arn) });
    const file = join(folder, 'blocked');
    const { id, secret } = blocked.key;
    writeFileSync(file, `[blocked]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`);
    const ran = await applyWith(
      { AWS_SHARED_CREDENTIALS_FILE: file },
      ...['--role', 'shut', '--node-role', blocked.arn, '--yes', '--prove-as', 'blocked', '--wait', '600ms'],
    );
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /^Not in force: STS still refuses .*user\/blocked after 1 s: .*explicit deny/m);
    assert.equal(trustOf('shut').Statement.length, 2);
  });

  it('refuses to take out what it did not write, and a document beyond the quota', async () => {
    const replacement = join(folder, 'replacement.json');
    writeFileSync(replacement, JSON.stringify(trusting(node.arn)));
    const before = trustOf('nodes').Statement;
    const ran = await apply('--role', 'nodes', '--file', replacement, '--yes');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /leaves out what pod-iam did not write; nothing was written/);
    assert.match(ran.stderr, /Why: {2}statement 0: .*user\/operator may call sts:AssumeRole/);
    assert.deepEqual(trustOf('nodes').Statement, before);
    const told = await apply('--role', 'nodes', '--file', replacement, '--yes', '--allow-removals');
    assert.equal(told.code, 0, told.stderr);
    const calls = aws.requests.length;
    const identities = Array.from({ length: 50 }, (_, n) => `arn:aws:iam::210987654321:user/number-${n}`);
    const large = await applyAs(
      admin.key,
      ...['--role', 'app', ...identities.flatMap((arn) => ['--node-role', arn]), '--yes'],
    );
    assert.equal(large.code, 2);
    assert.match(
      large.stderr,
      /would have \d+ characters without white space, and the quota of this account is 2048/,
    );
    assert.ok(!aws.requests.slice(calls).some(({ action }) => action.startsWith('Update')));
  });

  it('is foreseen by diff, which compares a file with what the role has', async () => {
    const file = join(folder, 'wanted.json');
    world.role('pale', { trust: trusting(other.arn) });
    writeFileSync(file, JSON.stringify(trusting(other.arn, node.arn)));
    const env = {
      ...{ AWS_ENDPOINT_URL: aws.url, AWS_REGION: 'eu-west-1' },
      ...{ AWS_ACCESS_KEY_ID: operator.key.id, AWS_SECRET_ACCESS_KEY: operator.key.secret },
    };
    const diff = (...words: string[]) => runCli(bin, ['trust-policy', 'diff', ...words], { env });
    const ran = await diff(file, '--role', 'pale');
    assert.equal(ran.code, 1, ran.stderr);
    const lines = ran.stdout.split('\n');
    assert.equal(lines[0], `+ ${node.arn} may call sts:AssumeRole`);
    assert.match(
      lines[2]!,
      /^In short: sessions of the role kops\/node of account \d+ may now become pale: /,
    );
    assert.equal((await apply('--role', 'pale', '--file', file, '--yes')).code, 0);
    assert.equal((await diff(file, '--role', 'pale')).stdout, 'Both mean the same.\n');
    for (const words of [[file], [file, file, '--role', 'pale']])
      assert.equal((await diff(...words)).code, 2);
  });

  it('says of a change that only takes away that no session could show it, and proves it by a refusal', async () => {
    const leaver = world.user('leaver');
    const credentials = join(folder, 'leaver');
    const { id, secret } = leaver.key;
    writeFileSync(credentials, `[leaver]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`);
    const words = ['--file', join(folder, 'narrow.json'), '--yes', '--allow-removals'];
    writeFileSync(join(folder, 'narrow.json'), JSON.stringify(trusting(other.arn)));
    for (const name of ['left', 'leaving']) world.role(name, { trust: trusting(other.arn, leaver.arn) });
    const plain = await apply('--role', 'left', ...words, '--backup', 'left.json');
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stderr, /^In short: nobody new gets in\.$/m);
    assert.match(plain.stderr, /^Nothing that a session could show: the change lets in nobody new, /m);
    assert.doesNotMatch(plain.stderr, /Proven|Not proven/);
    const shown = await applyWith(
      { AWS_SHARED_CREDENTIALS_FILE: credentials },
      ...['--role', 'leaving', ...words, '--prove-as', 'leaver', '--backup', 'leaving.json'],
    );
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(
      shown.stderr,
      /^Proven: .*user\/leaver is refused now: AccessDenied.* \(before the change: .*user\/leaver became .*assumed-role\/leaving\/pod-iam-proof\)$/m,
    );
  });

  it('shows a document, file names and role names in letters that no terminal obeys', async () => {
    world.role('odd', { trust: trusting(other.arn) });
    const principal = { AWS: [other.arn, node.arn] };
    const statement = {
      Sid: '\u009b8m\u009d0;title',
      Effect: 'Allow',
      Principal: principal,
      Action: 'sts:AssumeRole',
    };
    const file = join(folder, 'odd\u001b[2J.json');
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
    const ran = await apply('--role', 'odd', '--file', file, '--dry-run', '--allow-removals');
    const unread = await apply('--role', 'odd', '--file', `${file}\u009b1m`, '--dry-run');
    const nobody = await apply('--role', 'o\u001b[2Jdd', '--node-role', node.arn, '--dry-run');
    assert.equal(ran.code, 2, ran.stdout);
    assert.match(ran.stderr, /Sid/);
    for (const { stdout, stderr } of [ran, unread, nobody])
      assert.doesNotMatch(stdout + stderr, /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    writeFileSync(file, JSON.stringify({ ...trusting(other.arn, node.arn), Id: '\u009b8m' }));
    const shown = await apply('--role', 'odd', '--file', file, '--dry-run');
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /"Id":\s*"\\u009b8m"/);
    assert.equal(JSON.parse(shown.stdout).Id, '\u009b8m');
  });

  it('quotes the file of the backup in the command that undoes the change', async () => {
    world.role('kept', { trust: trusting(other.arn) });
    const backup = "ann's old.json";
    const ran = await apply('--role', 'kept', '--node-role', node.arn, '--yes', '--backup', backup);
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(ran.stderr.includes("apply --role kept --file 'ann'\\''s old.json'\n"), ran.stderr);
  });

  it('offers the nearest role', async () => {
    const ran = await apply('--role', 'apps', '--node-role', node.arn, '--yes');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /there is no role apps in this account\n {2}Next: did you mean app\?/);
  });
});

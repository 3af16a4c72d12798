// The offline commands as processes: exit codes, streams and JSON.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bin, type Ran, runCli } from '../../helpers/run-cli.ts';
import { AWAY, HOME, NODE, ROOT, trust } from '../../trust-policy/helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-trust-'));
const run = (words: string[], input = '', env: Record<string, string> = {}): Promise<Ran> =>
  runCli(bin, ['trust-policy', ...words], { cwd: folder, input, env });
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

const good = file('good.json', trust({ AWS: NODE }));
const root = file('root.json', trust({ AWS: ROOT }));
const bad = file('bad.json', trust('*'));
const guarded = file(
  'guarded.json',
  trust({ AWS: NODE }, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
);

describe('trust-policy generate', () => {
  it('prints the document alone, which passes check and simulates to allow', async () => {
    const generated = await run([
      'generate',
      '--mode',
      'proxy',
      '--role',
      'app',
      '--node-role',
      NODE,
      '--external-id',
      'blue',
    ]);
    assert.equal(generated.code, 0);
    assert.equal(generated.stderr, '');
    const checked = await run(['check', '-', '--node-role', NODE], generated.stdout);
    assert.equal(checked.code, 0, checked.stdout);
    const simulated = await run(
      ['simulate', '--policy', '-', '--caller', NODE, '--context', 'sts:ExternalId=blue', '--json'],
      generated.stdout,
    );
    assert.equal(simulated.code, 0);
    assert.equal(JSON.parse(simulated.stdout).decision, 'allow');
  });

  it('says which flags do nothing in a mode, and what no mode can do', async () => {
    const irsa = [
      'generate',
      '--role',
      'app',
      '--account',
      HOME,
      '--mode',
      'irsa',
      '--service-account',
      'web',
    ];
    const ran = await run([...irsa, '--issuer', 'https://oidc.example.com/a/', '--node-role', NODE]);
    assert.equal(ran.code, 0);
    assert.equal(ran.stderr, 'Note: --node-role is of --mode proxy, and does nothing with --mode irsa\n');
    assert.match(ran.stdout, /"oidc\.example\.com\/a\/:sub"/);
    const cluster = `arn:aws:eks:eu-west-1:${AWAY}:cluster/prod`;
    const away = [
      'generate',
      '--role',
      'app',
      '--account',
      HOME,
      '--mode',
      'pod-identity',
      '--cluster-arn',
      cluster,
    ];
    const refused = await run(away);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^Error: the cluster is of account \d+, and the role of \d+\n {2}Why: /);
    const typo = await run(['generate', '--role', 'app', '--account', '12']);
    assert.match(typo.stderr, /^Error: "12" is no account id\n/);
  });

  it('says what is missing', async () => {
    const ran = await run(['generate', '--role', 'app']);
    assert.deepEqual(
      [ran.code, ran.stdout, ran.stderr],
      [2, '', 'Error: the identity of the nodes is missing\n  Next: give --node-role ARN\n'],
    );
  });
});

describe('trust-policy simulate', () => {
  const simulate = (policy: string, ...words: string[]): Promise<Ran> =>
    run(['simulate', '--policy', policy, '--caller', NODE, '--json', ...words]);

  it('offers the action in full', async () => {
    const ran = await run(['simulate', '--policy', good, '--caller', NODE, '--action', 'assumerolewithsaml']);
    assert.deepEqual(
      [ran.code, ran.stderr],
      [
        2,
        'Error: "assumerolewithsaml" is no action\n  Next: write one in full, such as --action sts:AssumeRoleWithSAML\n',
      ],
    );
  });

  it('exits 0, 1 or 3 by its answer', async () => {
    assert.equal((await simulate(good)).code, 0);
    const denied = await simulate(root);
    assert.equal(denied.code, 1);
    assert.deepEqual(JSON.parse(denied.stdout).needs, [
      'a policy of the caller that allows sts:AssumeRole on the role',
    ]);
    assert.equal((await simulate(root, '--identity-policy', 'any')).code, 0);
    const unknown = await simulate(guarded);
    assert.equal(unknown.code, 3);
    assert.equal(JSON.parse(unknown.stdout).decision, 'unknown');
    assert.equal((await simulate(guarded, '--context', 'aws:SourceIp=10.0.0.1')).code, 0);
    assert.equal((await simulate(guarded, '--context=aws:SourceIp=192.0.2.1')).code, 1);
  });

  it('prints its answer as JSON of one form', async () => {
    const ran = await simulate(good, '--role', `arn:aws:iam::${HOME}:role/app`);
    const why = `it names the caller's role ${NODE} and grants sts:AssumeRole`;
    assert.deepEqual(JSON.parse(ran.stdout), {
      schemaVersion: 1,
      decision: 'allow',
      because: `statement 0 allows it: ${why}`,
      statements: [{ index: 0, sid: null, effect: 'Allow', matched: true, why }],
      needs: [],
      caveats: [
        `service control and resource control policies of the account ${HOME} were not given, and could still forbid it`,
      ],
    });
    const unknown = JSON.parse((await simulate(guarded)).stdout);
    assert.equal(unknown.statements[0].matched, 'unknown');
    assert.deepEqual([unknown.needs, unknown.caveats], [['IpAddress wants aws:SourceIp: "10.0.0.0/8"'], []]);
  });

  it('takes a fact as absent when it is told so', async () => {
    const mfa = file(
      'mfa.json',
      trust({ AWS: NODE }, { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } } }),
    );
    assert.equal((await simulate(mfa)).code, 3);
    assert.equal((await simulate(mfa, '--absent', 'aws:MultiFactorAuthPresent')).code, 0);
    assert.equal((await simulate(guarded, '--absent', 'aws:sourceip')).code, 1);
    const both = await simulate(guarded, '--absent', 'aws:sourceip', '--context', 'aws:SourceIp=10.0.0.1');
    assert.equal(both.code, 2);
    assert.equal(JSON.parse(both.stdout).error.message, 'aws:sourceip has a value and is said to be absent');
  });

  it('answers deny for a document that IAM would refuse', async () => {
    const ran = await simulate(bad, '--identity-policy', 'any');
    assert.equal(ran.code, 1);
    assert.equal(
      JSON.parse(ran.stdout).because,
      'IAM would refuse to save this document, so it lets nobody in: "Principal": "*" is not allowed in a trust policy (line 6)',
    );
  });

  it("reads the caller's own policies", async () => {
    const own = file(
      'own.json',
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}',
    );
    assert.equal((await simulate(root, '--identity-policy', own)).code, 0);
    const denying = file(
      'deny.json',
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}',
    );
    assert.equal((await simulate(good, '--identity-policy', own, '--identity-policy', denying)).code, 1);
  });

  it("reads the caller's permissions boundary and session policies", async () => {
    const policy = (name: string, action: string): string =>
      file(
        name,
        `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"${action}","Resource":"*"}}`,
      );
    const [s3, sts] = [policy('s3.json', 's3:*'), policy('sts.json', 'sts:*')];
    assert.equal((await simulate(good, '--permissions-boundary', sts)).code, 0);
    const bounded = await simulate(good, '--permissions-boundary', s3);
    assert.equal(bounded.code, 1);
    assert.deepEqual(JSON.parse(bounded.stdout), {
      schemaVersion: 1,
      decision: 'deny',
      because:
        "the trust policy names the caller's role, which has no more than its permissions boundary and session policies leave it, and the caller's permissions boundary does not allow it",
      statements: JSON.parse((await simulate(good)).stdout).statements,
      needs: ['a permissions boundary of the caller that allows sts:AssumeRole on the role'],
      caveats: [],
    });
    assert.equal((await simulate(good, '--session-policy', s3)).code, 1);
    assert.equal((await simulate(good, '--session-policy', s3, '--session-policy', sts)).code, 0);
    const service = await run([
      ...['simulate', '--policy', good, '--caller', 'ec2.amazonaws.com', '--session-policy', sts],
    ]);
    assert.deepEqual(
      [service.code, service.stdout, service.stderr],
      [
        2,
        '',
        'Error: ec2.amazonaws.com has no session policies\n  Why:  only the session of a role has\n  Next: leave it out, or give such a caller\n',
      ],
    );
  });

  it('does not take the kubeconfig context of the environment for a fact', async () => {
    const ran = await run(['simulate', '--policy', good, '--caller', NODE], '', {
      POD_IAM_CONTEXT: 'kind-demo',
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^allow: statement 0 allows it: it names the caller's role /);
  });

  it('exits 2 for words that mean nothing', async () => {
    assert.equal((await run(['simulate', '--policy', good, '--caller', 'node'])).code, 2);
    assert.equal((await simulate(good, '--context', 'blue')).code, 2);
    assert.equal((await simulate(good, '--absent', 'blue')).code, 2);
    assert.equal((await simulate(good, '--action', 'sts:*')).code, 2);
    assert.equal((await simulate(good, '--role', 'app')).code, 2);
    const session = `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`;
    const other = ['simulate', '--policy', good, '--caller', session, '--caller-role', `${NODE}s`];
    assert.deepEqual(await run(other), {
      code: 2,
      stdout: '',
      stderr: `Error: ${NODE}s is not the role of ${session}\n  Why:  a session and its role share account and name\n  Next: leave --caller-role out, or give the ARN of the role that this session is of\n`,
    });
    const none = await run(['simulate', '--policy', '-', '--caller', NODE], 'Version: x');
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^Error: stdin:1:1: not JSON: .*\n {2}Next: it looks like YAML/);
  });
});

describe('trust-policy check', () => {
  it('exits by what it finds, and prints places', async () => {
    const ran = await run(['check', good, bad, '--json']);
    assert.equal(ran.code, 1);
    const { summary, results } = JSON.parse(ran.stdout);
    assert.deepEqual([summary.fail, summary.warn], [1, 0]);
    const [finding] = results.filter(({ status }: { status: string }) => status === 'fail');
    assert.deepEqual(
      [finding.code, finding.subject.file, finding.subject.pointer, finding.subject.line],
      ['TP006', 'bad.json', '/Statement/0/Principal', 6],
    );
    assert.equal((await run(['check', good])).code, 0);
  });

  it('tells the node that is not let in, with the command that mends it', async () => {
    const ran = await run([
      'check',
      good,
      '--role',
      'app',
      '--account',
      HOME,
      '--node-role',
      `${NODE}s`,
      '--json',
    ]);
    assert.equal(ran.code, 1);
    const finding = JSON.parse(ran.stdout).results.find(
      ({ status }: { status: string }) => status === 'fail',
    );
    assert.equal(finding.code, 'TP018');
    assert.equal(finding.fix.command, `pod-iam trust-policy apply --role app --node-role ${NODE}s`);
    assert.equal(JSON.parse(finding.fix.patch).Statement.length, 2);
  });

  it('reads what is no policy without falling over', async () => {
    const utf16 = file('utf16.json', Buffer.from(`\ufeff${trust({ AWS: NODE })}`, 'utf16le'));
    const large = file('large.json', `[${'"x",'.repeat(2_500_000)}1]`);
    for (const name of [
      utf16,
      large,
      file('empty.json', ''),
      file('image.json', new Uint8Array([0, 255, 1, 254])),
    ]) {
      const ran = await run(['check', name]);
      assert.equal(ran.code, 1, ran.stderr);
      assert.match(ran.stdout, /TP001/);
    }
  });

  it('exits 2 for a file that is not there', async () => {
    const ran = await run(['check', 'nowhere.json']);
    assert.deepEqual(
      [ran.code, ran.stderr],
      [
        2,
        'Error: cannot read nowhere.json: it does not exist\n  Next: name a file that is there and may be read, or "-" for standard input\n',
      ],
    );
  });
});

describe('trust-policy explain and diff', () => {
  it('explain in sentences', async () => {
    const ran = await run(['explain', good]);
    assert.equal(ran.code, 0);
    assert.match(
      ran.stdout,
      new RegExp(
        `^Statement 0 lets sessions of the role node of account ${HOME} become this role \\(sts:AssumeRole\\)\\.\n`,
      ),
    );
  });

  it('compare by meaning, and exit 1 for a difference', async () => {
    assert.equal(
      (await run(['diff', good, file('same.json', trust({ AWS: [NODE] }, { Sid: 'A' }))])).code,
      0,
    );
    const ran = await run(['diff', good, root, '--json']);
    assert.equal(ran.code, 1);
    assert.deepEqual(JSON.parse(ran.stdout), {
      schemaVersion: 1,
      isEqual: false,
      isWider: true,
      added: [`${ROOT} may call sts:AssumeRole`],
      removed: [`${NODE} may call sts:AssumeRole`],
    });
  });
});

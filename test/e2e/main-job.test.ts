// The main job on a real cluster, in the order a person does it: install, prove, break, explain,
// mend, lose the daemon, uninstall. STS and IAM are moto's, with signatures and policies enforced.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Report, Result } from '../../src/model/finding.ts';
import { type Moto, startMoto, until } from './helpers/moto.ts';
import {
  createNamespace,
  deleteNamespace,
  deploy,
  NAMESPACE,
  nodeNames,
  rolledOut,
  rulesOf,
  runInPod,
} from './helpers/pods.ts';
import { type Ended, kubectl, podIam } from './helpers/run.ts';
import { settings } from './helpers/settings.ts';

const SYSTEM = 'pod-iam';
const scratch = mkdtempSync(join(tmpdir(), 'pod-iam-e2e-'));
let moto: Moto;

const awsEnv = (): Record<string, string> => ({
  AWS_ENDPOINT_URL: moto.url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: moto.adminKeys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: moto.adminKeys.secretAccessKey,
});

const verify = (...words: string[]): Promise<Ended> =>
  podIam(['verify', '-n', NAMESPACE, '--probe-image', settings.curlImage, '--json', ...words], awsEnv());

function reportOf(ended: Ended): Report {
  try {
    return JSON.parse(ended.stdout) as Report;
  } catch {
    throw new Error(
      `no report on stdout; stderr says: ${ended.stderr}\nstdout: ${ended.stdout.slice(0, 2000)}`,
    );
  }
}

const failures = (report: Report): string[] =>
  report.results
    .filter(({ status }) => status === 'fail')
    .map((result) => `${result.code} ${result.subject.name}`);

async function leftovers(): Promise<string> {
  return kubectl(['get', 'pods,configmaps', '-A', '-l', 'pod-iam.dev/run', '-o', 'name']);
}

describe('the main job on a real cluster', { timeout: 1_800_000 }, () => {
  before(async () => {
    moto = await startMoto(['blue', 'red', 'green']);
    await createNamespace();
    await kubectl(['delete', 'namespace', SYSTEM, '--ignore-not-found', '--wait']);
    await kubectl(['create', 'namespace', SYSTEM]);
    await kubectl([
      'label',
      'namespace',
      SYSTEM,
      'app.kubernetes.io/managed-by=pod-iam',
      'pod-security.kubernetes.io/enforce=privileged',
    ]);
    await kubectl([
      '-n',
      SYSTEM,
      'create',
      'secret',
      'generic',
      'node-keys',
      `--from-literal=AWS_ACCESS_KEY_ID=${moto.nodeKeys.accessKeyId}`,
      `--from-literal=AWS_SECRET_ACCESS_KEY=${moto.nodeKeys.secretAccessKey}`,
    ]);
    await deploy('blue', 'blue');
    await deploy('red', moto.roleArn('red'));
    await deploy('bare', null);
    await Promise.all(['blue', 'red', 'bare'].map(rolledOut));
  });

  after(async () => {
    await podIam(['uninstall', '--yes'], awsEnv());
    await deleteNamespace();
    await kubectl(['delete', 'namespace', SYSTEM, '--ignore-not-found', '--wait']);
    moto.stop();
    rmSync(scratch, { recursive: true });
  });

  it('shows with --dry-run what install would do, and does none of it', async () => {
    const ended = await podIam(['install', '--dry-run', ...installFlags()], awsEnv());
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout + ended.stderr, /kind: DaemonSet/);
    assert.equal(await kubectl(['-n', SYSTEM, 'get', 'daemonsets', '-o', 'name']), '');
  });

  it('installs, and every node redirects to a daemon that is ready', async () => {
    const ended = await podIam(['install', '--yes', ...installFlags()], awsEnv());
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    for (const node of await nodeNames()) {
      const rules = await rulesOf(node);
      assert.match(rules, /table inet pod_iam/, `${node} has no redirect`);
      assert.match(rules, /dnat ip to [0-9.]+:8181/, `${node} does not redirect to the daemon`);
    }
    const status = await podIam(['status', '--json']);
    assert.equal(status.code, 0, status.stderr);
  });

  it('changes nothing when it is installed again', async () => {
    const before = await kubectl([
      '-n',
      SYSTEM,
      'get',
      'daemonset',
      'pod-iam',
      '-o',
      'jsonpath={.metadata.generation}',
    ]);
    const ended = await podIam(['install', '--yes', '--no-smoke', ...installFlags()], awsEnv());
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(
      await kubectl(['-n', SYSTEM, 'get', 'daemonset', 'pod-iam', '-o', 'jsonpath={.metadata.generation}']),
      before,
    );
  });

  it('gives a real SDK in a pod the role blue, and refuses it red', async () => {
    const output = await runInPod('sdk-blue', {
      image: settings.sdkImage,
      command: ['python3', '-c', SDK_SCRIPT(moto.url)],
      role: 'blue',
    });
    const seen = JSON.parse(output) as { arn: string; red: number; none: number };
    assert.match(seen.arn, /^arn:aws:sts::123456789012:assumed-role\/blue\//);
    assert.equal(seen.red, 403);
    assert.equal(seen.none, 401);
  });

  it('gives a real SDK in a pod without annotation nothing at all', async () => {
    const output = await runInPod('sdk-bare', {
      image: settings.sdkImage,
      command: ['python3', '-c', SDK_SCRIPT(moto.url)],
    });
    assert.deepEqual(JSON.parse(output), { arn: null, red: 404, none: 401 });
  });

  it('verify proves each workload its role, and leaves nothing behind', async () => {
    const ended = await verify();
    const report = reportOf(ended);
    assert.equal(
      ended.code,
      0,
      `${ended.stderr}\n${JSON.stringify(
        report.results.filter((r: Result) => r.status !== 'pass'),
        null,
        1,
      )}`,
    );
    const proven = Object.fromEntries(
      (report.workloads ?? []).map((proof) => [proof.workload, proof.provenArn?.replace(/\/[^/]*$/, '')]),
    );
    assert.deepEqual(proven, {
      [`${NAMESPACE}/Deployment/blue`]: 'arn:aws:sts::123456789012:assumed-role/blue',
      [`${NAMESPACE}/Deployment/red`]: 'arn:aws:sts::123456789012:assumed-role/red',
    });
    assert.equal(report.summary.unknown, 0);
    const active = report.results.filter(
      ({ code, status }) => status === 'pass' && /^(NW001|ID008|ID009|LK00)/.test(code),
    );
    assert.ok(active.length >= 6, 'too few active checks were decided');
    for (const result of active) assert.ok(result.control, `${result.code} passed without a control`);
    assert.equal(await leftovers(), '');
  });

  it('verify names the broken trust policy with TP018, exits 1, and passes once it is mended', async () => {
    await moto.setTrust('blue', 'arn:aws:iam::123456789012:user/someone-else');
    const broken = await verify();
    const report = reportOf(broken);
    assert.equal(broken.code, 1, broken.stderr);
    const trust = report.results.find(({ code, status }) => code === 'TP018' && status === 'fail');
    assert.ok(trust, `TP018 is missing among ${failures(report).join(', ')}`);
    assert.equal(trust.subject.role, moto.roleArn('blue'));
    assert.ok(trust.fix?.command?.includes('trust-policy apply'), 'the finding offers no command');
    assert.ok(
      !failures(report).some((text) => text.endsWith(' red')),
      `red is not broken, yet: ${failures(report).join(', ')}`,
    );
    assert.equal((report.workloads ?? []).find(({ workload }) => workload.endsWith('/blue'))?.ok, false);
    assert.equal(await leftovers(), '');

    const apply = [
      ...['trust-policy', 'apply', '--role', 'blue', '--node-role', moto.nodeArn],
      ...['--yes', '--backup', join(scratch, 'blue.json')],
    ];
    const both = ['arn:aws:iam::123456789012:user/someone-else', moto.nodeArn];
    const mended = await podIam(apply, awsEnv());
    assert.equal(mended.code, 0, mended.stderr);
    assert.deepEqual(await moto.trusted('blue'), both);
    const again = await podIam(apply, awsEnv());
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await moto.trusted('blue'), both);
    // moto takes a statement that names somebody else for a Deny, so it needs a document without it.
    await moto.setTrust('blue', moto.nodeArn);
    await until(async () => (await verify('Deployment/blue')).code === 0, 180_000, 'verify to pass again');
  });

  it('doctor names the role that does not exist and the annotation on the wrong object', async () => {
    await deploy('typo', 'gren');
    await kubectl(['-n', NAMESPACE, 'annotate', 'deployment', 'bare', 'iam.amazonaws.com/role=green']);
    await rolledOut('typo');
    const ended = await podIam(['doctor', '-n', NAMESPACE, '--json'], awsEnv());
    const report = reportOf(ended);
    assert.equal(ended.code, 1, ended.stderr);
    assert.ok(failures(report).includes('AN010 typo'), failures(report).join(', '));
    assert.ok(failures(report).includes('AN001 bare'), failures(report).join(', '));
    await kubectl(['-n', NAMESPACE, 'delete', 'deployment', 'typo', '--wait']);
    await kubectl(['-n', NAMESPACE, 'annotate', 'deployment', 'bare', 'iam.amazonaws.com/role-']);
  });

  it('says which image cannot be pulled, exits 3 and leaves nothing behind', async () => {
    const started = Date.now();
    const ended = await podIam(
      ['verify', '-n', NAMESPACE, '--probe-image', 'podiam.test/no-such:1', '--json'],
      awsEnv(),
    );
    assert.equal(ended.code, 3, JSON.stringify(reportOf(ended), null, 1));
    assert.match(JSON.stringify(reportOf(ended)) + ended.stderr, /podiam\.test\/no-such:1/);
    assert.ok(Date.now() - started < 60_000, 'it took over a minute to say so');
    assert.equal(await leftovers(), '');
  });

  it('says what a quota refuses, exits 3 and leaves nothing behind', async () => {
    await kubectl(['-n', NAMESPACE, 'create', 'quota', 'full', '--hard=pods=1']);
    try {
      const counted = ['-n', NAMESPACE, 'get', 'quota', 'full', '-o', 'jsonpath={.status.used.pods}'];
      await until(async () => (await kubectl(counted)) !== '', 60_000, 'the quota to be counted');
      const ended = await verify();
      assert.equal(ended.code, 3, ended.stderr);
      assert.match(JSON.stringify(reportOf(ended)), /quota/);
      assert.equal(await leftovers(), '');
    } finally {
      await kubectl(['-n', NAMESPACE, 'delete', 'quota', 'full']);
    }
  });

  it('ends in order when it is interrupted half-way: exit 4 and nothing left behind', async () => {
    const ended = await podIam(
      ['verify', '-n', NAMESPACE, '--probe-image', settings.curlImage, '--json'],
      awsEnv(),
      { interruptAt: 'diagnostic pods' },
    );
    assert.equal(ended.code, 4, ended.stderr);
    assert.equal(reportOf(ended).complete, false);
    assert.equal(await leftovers(), '');
  });

  it('calls nothing fine that it may not read, and prints what would grant it', async () => {
    await kubectl(['-n', NAMESPACE, 'create', 'serviceaccount', 'nobody']);
    const token = (await kubectl(['-n', NAMESPACE, 'create', 'token', 'nobody'])).trim();
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as {
      users: { user: object }[];
    };
    config.users[0]!.user = { token };
    const kubeconfig = join(scratch, 'nobody.kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const ended = await podIam(['doctor', '--kubeconfig', kubeconfig, '--json'], awsEnv());
    assert.equal(ended.code, 3, ended.stderr);
    const report = reportOf(ended);
    assert.ok(report.summary.unknown > 0);
    assert.match(JSON.stringify(report), /kind: (Cluster)?Role/, 'no grant is printed');
  });

  it('fails closed: without the daemon a pod gets an error and never the node role', async () => {
    await kubectl([
      '-n',
      SYSTEM,
      'patch',
      'daemonset',
      'pod-iam',
      '-p',
      '{"spec":{"template":{"spec":{"nodeSelector":{"pod-iam.dev/nowhere":"true"}}}}}',
    ]);
    await until(
      async () => (await kubectl(['-n', SYSTEM, 'get', 'pods', '-o', 'name'])) === '',
      180_000,
      'the daemons to be gone',
    );
    for (const node of await nodeNames()) {
      const output = await runInPod(`orphan-${node}`, {
        image: settings.curlImage,
        command: ['sh', '-c', ORPHAN_SCRIPT],
        role: 'blue',
        node,
      });
      assert.equal(output, 'token 000 7\nlisting 000 7\n', `${node} answered`);
    }
  });

  it('uninstalls, proves that no rule is left on any node, and has nothing to do a second time', async () => {
    const ended = await podIam(['uninstall', '--yes'], awsEnv());
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    for (const node of await nodeNames()) {
      assert.ok((await nodeRules(node)).length === 0, `${node} still has rules`);
      assert.match(ended.stdout + ended.stderr, new RegExp(node), `it does not say that ${node} is clean`);
    }
    assert.equal(await kubectl(['get', 'namespace', SYSTEM, '--ignore-not-found', '-o', 'name']), '');
    assert.equal(
      await kubectl([
        'get',
        'clusterroles,clusterrolebindings',
        '-l',
        'app.kubernetes.io/name=pod-iam',
        '-o',
        'name',
      ]),
      '',
    );
    const again = await podIam(['uninstall', '--yes'], awsEnv());
    assert.equal(again.code, 0, again.stderr);
  });
});

const installFlags = (): string[] => [
  '--image',
  settings.nodeImage,
  '--probe-image',
  settings.curlImage,
  '--base-role-arn',
  'arn:aws:iam::123456789012:role/',
  '--sts-endpoint',
  moto.url,
  '--region',
  'us-east-1',
  '--aws-secret',
  'node-keys',
  ...settings.installFlags,
];

/** Lines of a node's ruleset that are ours or speak of the metadata address. */
const nodeRules = async (node: string): Promise<string[]> =>
  (await rulesOf(node)).split('\n').filter((line) => /pod_iam|pod-iam|169\.254\.169\.254/.test(line));

// The SDK's own chain for the identity; plain requests for what must be refused.
const SDK_SCRIPT = (endpoint: string): string => `
import json, urllib.request, urllib.error, boto3
base = 'http://169.254.169.254/latest/'
def ask(path, headers={}, method='GET'):
    try:
        with urllib.request.urlopen(urllib.request.Request(base + path, headers=headers, method=method), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ''
token = ask('api/token', {'X-aws-ec2-metadata-token-ttl-seconds': '60'}, 'PUT')[1]
credentials = boto3.Session().get_credentials()
arn = boto3.client('sts', endpoint_url='${endpoint}', region_name='us-east-1').get_caller_identity()['Arn'] if credentials else None
print(json.dumps({'arn': arn,
  'red': ask('meta-data/iam/security-credentials/red', {'X-aws-ec2-metadata-token': token})[0],
  'none': ask('meta-data/iam/security-credentials/')[0]}))
`;

const ORPHAN_SCRIPT = `
for what in token:PUT:/latest/api/token listing:GET:/latest/meta-data/iam/security-credentials/; do
  name=\${what%%:*}; rest=\${what#*:}
  code=$(curl -s -m 5 -o /dev/null -w '%{http_code}' -X "\${rest%%:*}" -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "http://169.254.169.254\${rest#*:}"); failed=$?
  echo "$name $code $failed"
done
`;

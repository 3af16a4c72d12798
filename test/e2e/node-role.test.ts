// The daemon as it is on an instance: a session of the node's role, a role with a path, taken from the
// instance metadata service. A trust policy that names another role is found, explained and mended by
// the very command that the doctor prints.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '../../src/model/finding.ts';
import { type NodeRoleWorld, startNodeRoleWorld } from './helpers/aws.ts';
import { createNamespace, deleteNamespace, deploy, NAMESPACE, rolledOut } from './helpers/pods.ts';
import { type Ended, kubectl, podIam } from './helpers/run.ts';
import { settings } from './helpers/settings.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pod-iam-e2e-'));
let world: NodeRoleWorld;

const ask = (...words: string[]): Promise<Ended> =>
  podIam([...words, '-n', NAMESPACE, '--json'], world.environment);

function reportOf({ stdout, stderr }: Ended): Report {
  assert.ok(stdout.startsWith('{'), `no report; stderr says: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

const notPassed = (report: Report): string =>
  report.results
    .filter(({ status }) => status !== 'pass')
    .map(({ code, status, subject, observed }) => `${status} ${code} ${subject.name}: ${observed}`)
    .join('\n');

describe('a daemon with the credentials of its node', { timeout: 1_200_000 }, () => {
  before(async () => {
    world = await startNodeRoleWorld();
    await createNamespace();
    await deploy('blue', 'blue');
    await deploy('red', world.roleArn('red'));
    await Promise.all(['blue', 'red'].map(rolledOut));
  });

  after(async () => {
    await podIam(['uninstall', '--yes'], world.environment);
    await deleteNamespace();
    await world.close();
    rmSync(scratch, { recursive: true });
  });

  it('installs, and verify proves each workload its role', async () => {
    const installed = await podIam(
      [
        ...['install', '--yes', '--image', settings.nodeImage, '--probe-image', settings.curlImage],
        ...['--base-role-arn', world.roleArn(''), '--sts-endpoint', world.aws.url, '--region', 'us-east-1'],
        ...['--metadata-addr', world.metadataAddress, ...settings.installFlags],
      ],
      world.environment,
    );
    assert.equal(installed.code, 0, installed.stderr + installed.stdout);
    const ended = await ask('verify', '--probe-image', settings.curlImage);
    const report = reportOf(ended);
    assert.equal(ended.code, 0, notPassed(report));
    assert.deepEqual((report.workloads ?? []).map(({ workload, ok }) => `${workload} ${ok}`).sort(), [
      `${NAMESPACE}/Deployment/blue true`,
      `${NAMESPACE}/Deployment/red true`,
    ]);
  });

  it('finds the trust policy that names another role, and the printed command mends it', async () => {
    world.setTrust('blue', world.roleArn('old'));
    const broken = await ask('verify', '--probe-image', settings.curlImage);
    assert.equal(broken.code, 1, broken.stderr);
    const doctor = await ask('doctor');
    assert.equal(doctor.code, 1, doctor.stderr);
    const finding = reportOf(doctor).results.find(
      ({ code, status }) => code === 'TP018' && status === 'fail',
    );
    assert.ok(finding, notPassed(reportOf(doctor)));
    assert.equal(finding.subject.role, world.roleArn('blue'));

    const command = finding.fix?.command ?? '';
    assert.equal(command, `pod-iam trust-policy apply --role blue --node-role ${world.nodeRole}`);
    const mended = await podIam(
      [...command.split(' ').slice(1), '--yes', '--backup', join(scratch, 'blue.json')],
      world.environment,
    );
    assert.equal(mended.code, 0, mended.stderr);
    assert.match(readFileSync(join(scratch, 'blue.json'), 'utf8'), /role\/old/);
    const again = await ask('verify', '--probe-image', settings.curlImage);
    assert.equal(again.code, 0, notPassed(reportOf(again)));
  });

  it('replays a snapshot with the same findings and without the cluster', async () => {
    const codes = (report: Report): string[] =>
      report.results.map(({ code, status, subject }) => `${code} ${status} ${subject.name}`);
    // What happens in the cluster between the two is a difference of its own.
    for (let tries = 1; ; tries++) {
      const file = join(scratch, `facts-${tries}.json`);
      const taken = await podIam(['snapshot', '-n', NAMESPACE, '--output', file], world.environment);
      assert.equal(taken.code, 0, taken.stderr);
      const live = codes(reportOf(await ask('doctor')));
      const ended = await podIam(['doctor', '--from', file, '--json'], { KUBECONFIG: '/nonexistent' });
      assert.doesNotMatch(readFileSync(file, 'utf8'), /aws_secret|SecretAccessKey|eyJ/i);
      const replayed = codes(reportOf(ended));
      if (!isDeepStrictEqual(replayed, live) && tries < 3) continue;
      assert.deepEqual(replayed, live);
      return;
    }
  });

  it('shows no secret in the logs of the daemons and in the events of the workloads', async () => {
    const logs = await kubectl([
      '-n',
      'pod-iam',
      'logs',
      '-l',
      'app.kubernetes.io/name=pod-iam',
      '--all-containers',
      '--tail=-1',
      '--prefix',
    ]);
    const events = await kubectl(['get', 'events', '-A', '-o', 'json']);
    assert.match(logs, /"msg":"issued"|issued/, 'the logs hold no issuance, so this proves nothing');
    const words = `${logs}\n${events}`;
    assert.doesNotMatch(words, /ASIA[A-Z0-9]{12,}|AKIA[A-Z0-9]{12,}/, 'a whole access key id');
    assert.doesNotMatch(words, /secretaccesskey|sessiontoken|x-amz-security-token/i);
  });
});

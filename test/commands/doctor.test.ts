// doctor, verify, explain and snapshot as processes: what they print where, and with which exit code.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../src/model/finding.ts';
import { type Ran, runCli } from '../helpers/run-cli.ts';
import { goodSnapshot, withWorkloads, workload } from '../helpers/snapshot.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'pod-iam-doctor-'));
before(() => assert.ok(existsSync(join(root, 'dist/commands/doctor.js')), 'npm run build comes first'));
after(() => rmSync(folder, { recursive: true }));

const podIam = (...words: string[]): Promise<Ran> =>
  runCli(join(root, 'bin/run.js'), words, { cwd: folder, env: { KUBECONFIG: join(folder, 'none') } });

function save(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const good = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: apps}
spec:
  template:
    metadata:
      annotations:
        iam.amazonaws.com/role: blue
    spec: {containers: [{name: app, image: app:1}]}
`;
const misplaced = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: apps
  annotations: {iam.amazonaws.com/role: blue}
spec:
  template:
    spec: {containers: [{name: app, image: app:1}]}
`;
const offline = ['--no-cluster', '--no-aws'];

describe('pod-iam doctor', () => {
  it('passes good files without cluster and AWS, and says what it could not decide', async () => {
    const { code, stdout, stderr } = await podIam('doctor', '-f', save('good.yaml', good), ...offline);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^OK {2}\d+ passed/m);
    assert.match(stderr, /^Not covered: IN001, .* which this run has no means to decide$/m);
  });

  it('is a usage error with nothing at all to judge', async () => {
    const { code, stderr } = await podIam('doctor', ...offline);
    assert.deepEqual(
      [code, stderr],
      [
        2,
        'Error: there is nothing to judge: neither cluster nor AWS, and no file\n' +
          '  Next: name manifests (-f FILE|DIR) or a snapshot (--from FILE), or leave out --no-cluster\n',
      ],
    );
  });

  it('exits 1 for a finding, with the same verdict in every format that is asked for at once', async () => {
    const junit = join(folder, 'report.xml');
    const ran = await podIam(
      'doctor',
      '-f',
      save('bad.yaml', misplaced),
      ...offline,
      '--json',
      '-o',
      `junit=${junit}`,
    );
    assert.equal(ran.code, 1, ran.stderr);
    const report = JSON.parse(ran.stdout) as Report;
    assert.deepEqual(
      report.results.map(({ code, status, subject }) => [code, status, subject.line]),
      [['AN001', 'fail', 9]],
    );
    assert.match(readFileSync(junit, 'utf8'), /<failure/);
  });

  it('replays a saved snapshot with neither cluster nor AWS', async () => {
    const saved = (snapshot: object) =>
      JSON.stringify({
        schemaVersion: 1,
        kind: 'pod-iam snapshot',
        version: '0.1.0',
        by: ['K', 'I', 'A'],
        snapshot,
      });
    const fine = await podIam('doctor', '--from', save('fine.json', saved(goodSnapshot())));
    assert.equal(fine.code, 0, fine.stderr);
    assert.match(fine.stdout, /apps\/Deployment\/blue +node-1 .* ok$/m);
    const odd = withWorkloads([workload('blue', 'b lue')]);
    const broken = await podIam('doctor', '--from', save('odd.json', saved(odd)), '--only', 'an002');
    assert.equal(broken.code, 1);
    assert.match(broken.stdout, /AN002/);
    assert.doesNotMatch(broken.stdout, /TP018/);
  });

  it('exits 3 with one clear message when there is no cluster to ask', async () => {
    for (const command of [['doctor'], ['verify'], ['snapshot']]) {
      const { code, stdout, stderr } = await podIam(...command, '--no-aws');
      assert.equal(code, 3, `${command}: ${stderr}`);
      assert.equal(stdout, '');
      assert.match(stderr, /^Error: .*\n {2}(?:Why: .*\n {2})?Next: /m);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });

  it('exits 2 for words that mean nothing, and guesses', async () => {
    for (const [words, expected] of [
      [['doctor', '--only', 'TP81'], /^Error: there is no check TP81; did you mean TP018\?/],
      [['doctor', '-f', '/no/such/file', ...offline], /^Error: there is no file or folder \/no\/such\/file/m],
      [['doctor', '--from', save('x.json', '{}')], /x\.json is no snapshot of pod-iam/],
      [['verify', '--timeout', 'soon'], /^Error: --timeout must be a duration such as 60s, not "soon"/],
      [['explain', 'NW01'], /^Error: there is no check NW01; did you mean NW001\?/],
    ] as const) {
      const { code, stderr } = await podIam(...words);
      assert.equal(code, 2, stderr);
      assert.match(stderr, expected);
    }
  });
});

describe('pod-iam explain', () => {
  it('prints one page, whatever the case of the code', async () => {
    const { code, stdout } = await podIam('explain', 'nw001');
    assert.equal(code, 0);
    assert.match(stdout, /^# NW001 · pods' metadata requests reach the proxy\n/);
  });

  it('lists all codes, also as JSON', async () => {
    const { stdout } = await podIam('explain');
    assert.match(stdout, /^AN001 {2}the role annotation is on the pod template$/m);
    const json = await podIam('explain', '--json');
    const { items } = JSON.parse(json.stdout) as { items: { code: string; title: string }[] };
    assert.ok(items.some(({ code }) => code === 'LK005'));
    assert.equal(items.length, stdout.trim().split('\n').length);
  });
});

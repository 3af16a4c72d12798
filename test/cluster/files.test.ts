import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { workloadsFromFiles } from '../../src/cluster/files.ts';
import { ofProblem, refusal } from './helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-test-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('manifest files', () => {
  it('give each workload with file, line of its template and pointer, over documents and Lists', async () => {
    const path = file(
      'all.yaml',
      `# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: {iam.amazonaws.com/role: wrong-place}
spec:
  replicas: 1
  template:
    metadata:
      annotations: {iam.amazonaws.com/role: blue}
    spec:
      serviceAccountName: web
      containers: [{name: a, image: b}]
---
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: nightly}
  spec:
    jobTemplate:
      spec:
        template:
          spec: {containers: []}
- apiVersion: v1
  kind: Pod
  metadata: {name: single}
  spec: {hostNetwork: true, containers: []}
`,
    );
    const { workloads } = await workloadsFromFiles([path]);
    assert.deepEqual(
      workloads.map(({ id, source }) => [id, source]),
      [
        ['shop/Deployment/web', { file: path, line: 10, templatePointer: '/spec/template' }],
        [
          'default/CronJob/nightly',
          { file: path, line: 26, templatePointer: '/items/0/spec/jobTemplate/spec/template' },
        ],
        ['default/Pod/single', { file: path, line: 28, templatePointer: '/items/1' }],
      ],
    );
    assert.deepEqual(workloads[0]?.annotations, { 'iam.amazonaws.com/role': 'wrong-place' });
    assert.deepEqual(workloads[0]?.template.annotations, { 'iam.amazonaws.com/role': 'blue' });
    assert.equal(workloads[0]?.template.serviceAccount, 'web');
    assert.equal(workloads[2]?.template.hostNetwork, true);
  });

  it('give namespaces and service accounts, from JSON too, and pass over what is no object', async () => {
    const sub = join(folder, 'sub');
    mkdirSync(sub);
    file(
      'sub/a.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'shop', annotations: { k: 'v' } },
      }),
    );
    file('sub/b.yml', 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n');
    file('sub/values.yaml', 'replicas: 3\n');
    file('sub/notes.txt', 'apiVersion: v1\nkind: Pod\n');
    const facts = await workloadsFromFiles([sub], 'shop');
    assert.deepEqual(facts, {
      workloads: [],
      namespaces: [{ name: 'shop', annotations: { k: 'v' }, labels: {} }],
      serviceAccounts: [{ namespace: 'shop', name: 'web', annotations: {} }],
    });
  });

  it('never give the value of a key, a token or a password', async () => {
    const path = file(
      'secret.yaml',
      `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: a
    image: b
    env:
    - {name: AWS_SECRET_ACCESS_KEY, value: hush}
    - {name: AWS_SESSION_TOKEN, value: hush}
    - {name: HTTP_PROXY, value: 'http://me:hush@proxy:3128'}
    - {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/token}
    - {name: FROM, valueFrom: {secretKeyRef: {name: s, key: k}}}
`,
    );
    const { workloads } = await workloadsFromFiles([path]);
    assert.doesNotMatch(JSON.stringify(workloads), /hush/);
    assert.deepEqual(workloads[0]?.template.containers[0]?.env, [
      { name: 'AWS_SECRET_ACCESS_KEY', value: null, from: 'literal' },
      { name: 'AWS_SESSION_TOKEN', value: null, from: 'literal' },
      { name: 'HTTP_PROXY', value: 'http://proxy:3128', from: 'literal' },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/token', from: 'literal' },
      { name: 'FROM', value: null, from: 'secret' },
    ]);
  });

  it('that are missing, broken or templates are named with the line', async () => {
    assert.equal(
      (await refusal(workloadsFromFiles(['/no/such']))).message,
      'there is no file or folder /no/such',
    );
    const broken = file('broken.yaml', 'kind: Pod\nmetadata: {name: [}\n');
    const problem = await refusal(workloadsFromFiles([broken]));
    assert.equal(problem.message, `${broken}:2 is not valid YAML`);
    assert.equal(problem.exitCode, 2);
    assert.equal(problem.next, `mend it there; "kubectl apply --dry-run=client -f ${broken}" must take it`);
    const template = file('template.yaml', 'kind: Pod\nmetadata:\n  {{- include "labels" . }}\n');
    assert.equal(
      (await refusal(workloadsFromFiles([template]))).next,
      'it looks like a Helm template; render it first: helm template CHART > FILE',
    );
    const empty = file('empty.yaml', '');
    assert.deepEqual(ofProblem(await refusal(workloadsFromFiles([empty]))), {
      code: 'NO_OBJECTS',
      what: `there is no Kubernetes object in ${empty}`,
      why: undefined,
      next: 'give YAML or JSON with apiVersion and kind: -f FILE, or -f DIR',
    });
  });
});

// The whole examination against a cluster in memory, with diagnostic pods whose logs a test writes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Aws } from '../../src/aws/aws.ts';
import type { KubeObject } from '../../src/cluster/kube.ts';
import { type ExamineOptions, examine } from '../../src/doctor/examine.ts';
import { environmentProblem, interruptedProblem, Problem } from '../../src/model/problem.ts';
import { exitCodeOf } from '../../src/report/index.ts';
import { onlyAws } from '../helpers/aws.ts';
import { type MemoryKubeOptions, memoryKube, refusal, setState } from '../helpers/memory-kube.ts';
import { bareLog, identityLog } from '../helpers/probe-log.ts';
import { SILENT } from '../helpers/silent.ts';
import { ACCOUNT, allowing, mayAssume, NODE_ROLE, role, roleArn, trusting } from '../helpers/snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-examine-'));
after(() => rmSync(folder, { recursive: true }));

const deployment = (name: string, annotations: Record<string, string>): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'apps', uid: `uid-${name}` },
  spec: {
    template: {
      metadata: { annotations, labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
    },
  },
});
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/region': 'eu-central-1' } },
  status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { operatingSystem: 'linux' } },
};
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } };
const annotated = { 'iam.amazonaws.com/role': roleArn('blue') };

const aws = (trustPolicy = trusting(NODE_ROLE)): Aws =>
  onlyAws({
    region: 'eu-west-1',
    caller: async () => ({ arn: `arn:aws:iam::${ACCOUNT}:user/me`, account: ACCOUNT }),
    role: async (name) =>
      name === 'blue' ? role('blue', trustPolicy) : name === 'nodes' ? role('nodes') : null,
    roleNames: async () => ['blue', 'nodes'],
    rolePolicies: async () => [allowing('sts:AssumeRole', roleArn('blue'))],
    simulate: async () => [mayAssume('blue')],
  });

const kindOf = (pod: KubeObject): string => pod.metadata.labels?.['pod-iam.dev/probe'] ?? '';
const logOf = (pod: KubeObject): string =>
  kindOf(pod) === 'identity'
    ? identityLog(pod.metadata.name, 'node-1', 'blue', pod.metadata.namespace)
    : bareLog(pod.metadata.name, 'node-1', pod.metadata.namespace);

function cluster(more: MemoryKubeOptions = {}, objects = [deployment('blue', annotated)]) {
  return memoryKube({
    onPod: (pod) => {
      pod.spec = { ...(pod.spec as object), nodeName: 'node-1' };
      setState(pod, { terminated: { exitCode: 0 } }, 'Succeeded');
    },
    log: logOf,
    objects: [node, namespace, ...objects],
    ...more,
  });
}

const optionsOf = (more: Partial<ExamineOptions> = {}): ExamineOptions => ({
  kube: cluster(),
  aws: aws(),
  files: [],
  active: true,
  selection: { names: [], namespace: null, selector: null },
  systemNamespace: 'pod-iam',
  nodeRoles: [NODE_ROLE],
  only: null,
  skip: ['IN001'],
  probe: {
    image: 'curl:1',
    stsEndpoint: null,
    region: null,
    nodeLimit: null,
    timeoutMs: 5000,
    concurrency: 5,
    keep: false,
  },
  version: '0.1.0',
  signal: new AbortController().signal,
  progress: SILENT,
  ...more,
});

const bad = ({ report }: Awaited<ReturnType<typeof examine>>) =>
  report.results.filter(({ status }) => status !== 'pass').map(({ code, status }) => `${code} ${status}`);

describe('an examination', () => {
  it('gathers, asks and judges, and reports who was proven to be whom', async () => {
    const kube = cluster();
    const examination = await examine(optionsOf({ kube }));
    assert.deepEqual(bad(examination), []);
    assert.equal(examination.report.complete, true);
    assert.equal(examination.report.context.account, ACCOUNT);
    assert.deepEqual(
      examination.report.workloads?.map(({ workload, ok, expectedRole }) => [workload, ok, expectedRole]),
      [['apps/Deployment/blue', true, roleArn('blue')]],
    );
    assert.equal(exitCodeOf(examination.report), 0);
    assert.deepEqual(
      [...kube.objects.values()].map(({ kind }) => kind),
      ['Node', 'Namespace', 'Deployment'],
    );
  });

  it("asks the region of the nodes' labels when nobody names another", async () => {
    const seen: string[] = [];
    const kube = cluster({
      onPod: (pod) => {
        seen.push(JSON.stringify(pod.spec));
        setState(pod, { terminated: { exitCode: 0 } });
      },
    });
    await examine(optionsOf({ kube }));
    assert.match(seen[0]!, /https:\/\/sts\.eu-central-1\.amazonaws\.com\//);
  });

  it('starts no pod without being told to, and leaves out what only pods decide', async () => {
    const kube = cluster();
    const examination = await examine(optionsOf({ kube, active: false }));
    assert.ok(!kube.calls.some((call) => call.startsWith('create')));
    const families = examination.report.results.map(({ code }) => code.slice(0, 2));
    assert.ok(families.includes('TP') && families.includes('AN'), families.join());
    assert.ok(examination.report.results.every(({ code }) => !/^(NW|ID0(?!04)|LK|CR)/.test(code)));
    assert.equal(examination.report.workloads, undefined);
  });

  it('tells a broken trust policy by its cause, with exit code 1', async () => {
    const refusedLog = (pod: KubeObject) =>
      logOf(pod)
        .split('\n')
        .filter((line) => !/"step":"(caller|invented)"/.test(line))
        .map((line) =>
          line.includes('"step":"document"')
            ? line.replace('"http":"200"', '"http":"502"').replace('"key":"MPLE"', '"key":""')
            : line,
        )
        .join('\n');
    const examination = await examine(
      optionsOf({ kube: cluster({ log: refusedLog }), aws: aws(trusting(roleArn('other'))) }),
    );
    const failed = examination.report.results.filter(({ status }) => status === 'fail');
    assert.deepEqual(
      failed.map(({ code }) => code),
      ['TP018'],
    );
    assert.equal(examination.report.workloads?.[0]?.ok, false);
    assert.equal(exitCodeOf(examination.report), 1);
  });

  it('judges only the workloads that were named', async () => {
    const objects = [deployment('blue', annotated), deployment('odd', { 'iam.amazonaws.com/role': 'b ad' })];
    const whole = await examine(optionsOf({ kube: cluster({}, objects) }));
    assert.ok(bad(whole).includes('AN002 fail'));
    const selection = { names: ['Deployment/blue'], namespace: 'apps', selector: null };
    const one = await examine(optionsOf({ kube: cluster({}, objects), selection }));
    assert.deepEqual(bad(one), []);
    await assert.rejects(examine(optionsOf({ selection: { ...selection, names: ['Deployment/none'] } })), {
      code: 'NO_WORKLOAD',
    });
  });

  it('is not a pass when a quota keeps its pods out: exit code 3, with the next step', async () => {
    const kube = cluster({
      refuse: ({ verb, kind }) => {
        if (verb === 'create' && kind === 'Pod')
          throw refusal('QUOTA', 'exceeded quota: full', 'raise the quota');
      },
    });
    const examination = await examine(optionsOf({ kube }));
    assert.equal(exitCodeOf(examination.report), 3);
    const result = examination.report.results.find(({ code }) => code === 'ID010');
    assert.equal(result?.status, 'unknown');
    assert.equal(result?.observed, 'the diagnostic pod did not run: exceeded quota: full');
    assert.equal(result?.fix?.text, 'raise the quota');
  });

  it('gives a report that says that it is not complete when the cluster cannot be reached', async () => {
    const gone = environmentProblem({
      code: 'NO_CLUSTER',
      what: 'the cluster cannot be reached',
      next: 'check the network',
    });
    const kube = { ...cluster(), version: () => Promise.reject(gone) };
    const examination = await examine(optionsOf({ kube }));
    assert.equal(examination.problem, gone);
    assert.equal(examination.report.complete, false);
    assert.deepEqual(examination.report.results, []);
    assert.equal(exitCodeOf(examination.report), 3);
  });

  it('keeps what it knew when it is interrupted, and leaves no pod behind', async () => {
    const controller = new AbortController();
    const reason = interruptedProblem({
      code: 'INTERRUPTED',
      what: 'the run was interrupted by SIGINT',
      next: 'again',
    });
    const kube = cluster({
      onPod: (pod) => {
        setState(pod, { waiting: { reason: 'ContainerCreating' } });
        controller.abort(reason);
      },
    });
    const examination = await examine(optionsOf({ kube, signal: controller.signal }));
    assert.equal(examination.problem, reason);
    assert.equal(examination.report.complete, false);
    assert.ok(examination.report.results.some(({ code, status }) => code === 'TP018' && status === 'pass'));
    assert.ok([...kube.objects.values()].every(({ kind }) => kind !== 'Pod' && kind !== 'ConfigMap'));
  });

  it('judges files alone, with neither cluster nor AWS', async () => {
    const file = join(folder, 'web.yaml');
    writeFileSync(
      file,
      [
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata:',
        '  name: web',
        '  annotations: {iam.amazonaws.com/role: blue}',
        'spec:',
        '  template:',
        '    spec: {containers: [{name: app, image: app:1}]}',
      ].join('\n'),
    );
    const examination = await examine(optionsOf({ kube: null, aws: null, files: [file], active: false }));
    assert.deepEqual(bad(examination), ['AN001 fail']);
    const [finding] = examination.report.results.filter(({ status }) => status === 'fail');
    assert.equal(finding!.subject.file, file);
    assert.equal(finding!.subject.pointer, '/metadata/annotations');
    assert.equal(exitCodeOf(examination.report), 1);
  });

  it("puts a file's workload in place of the cluster's of the same name, as if it were applied", async () => {
    const file = join(folder, 'blue.json');
    writeFileSync(file, JSON.stringify(deployment('blue', { 'iam.amazonaws.com/role': 'b ad' })));
    const examination = await examine(optionsOf({ files: [file], active: false }));
    assert.ok(bad(examination).includes('AN002 fail'));
  });

  it('replays saved facts without asking anybody', async () => {
    const first = await examine(optionsOf());
    const saved = { snapshot: first.snapshot!, by: first.by };
    const replayed = await examine(optionsOf({ kube: null, aws: null, saved }));
    assert.deepEqual(replayed.report.results, first.report.results);
    assert.deepEqual(replayed.report.workloads, first.report.workloads);
  });

  it('starts no pod and ends with exit code 3 when there is nobody to verify', async () => {
    const kube = cluster({}, [deployment('plain', {})]);
    const selection = { names: [], namespace: 'apps', selector: null };
    const { problem, report } = await examine(optionsOf({ kube, needsAnnotated: true, selection }));
    assert.equal(
      problem?.message,
      'there is nothing to verify: no selected workload in the namespace apps carries a role annotation',
    );
    assert.equal(problem instanceof Problem && problem.exitCode, 3);
    assert.equal(report.complete, false);
    assert.ok(!report.results.some(({ code }) => code === 'NW001'), 'it lists what was not asked');
    assert.ok(!kube.calls.some((call) => call.startsWith('create')));
  });

  it('does not take workloads that may not be listed for nobody', async () => {
    const kube = cluster({
      refuse: ({ verb, kind }) => {
        if (verb === 'list' && kind === 'Deployment') throw refusal('FORBIDDEN', 'may not list', 'ask');
      },
    });
    const { problem, report } = await examine(optionsOf({ kube, needsAnnotated: true }));
    assert.equal(problem, null);
    assert.equal(exitCodeOf(report), 3);
  });
});

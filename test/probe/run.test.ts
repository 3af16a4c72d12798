import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../src/cluster/kube.ts';
import type { PlannedProbe, ProbePlan } from '../../src/probe/plan.ts';
import { type RunOptions, runProbes } from '../../src/probe/run.ts';
import { type MemoryKube, memoryKube, refusal, setState } from '../helpers/memory-kube.ts';
import { bareLog } from '../helpers/probe-log.ts';
import { SILENT } from '../helpers/silent.ts';

const planOf = (...namespaces: string[]): ProbePlan => ({
  notCovered: [],
  probes: namespaces.map(
    (namespace, index): PlannedProbe => ({
      id: `p${index + 1}`,
      kind: 'bare',
      workload: null,
      namespace,
      node: 'node-1',
      serviceAccount: 'default',
      annotations: {},
      tolerations: [],
      expectedRole: null,
      otherRole: 'red',
      sources: ['imds'],
      container: null,
    }),
  ),
});

const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  image: 'curl:1',
  stsEndpoint: 'https://sts.eu-west-1.amazonaws.com',
  region: 'eu-west-1',
  signal: new AbortController().signal,
  timeoutMs: 5000,
  concurrency: 5,
  keep: false,
  progress: SILENT,
  ...more,
});

const ended = (pod: KubeObject) =>
  setState(pod, { terminated: { exitCode: 0, reason: 'Completed' } }, 'Succeeded');
const log = (pod: KubeObject) => bareLog(pod.metadata.name, 'node-1', pod.metadata.namespace);

const isClean = (kube: MemoryKube) => assert.deepEqual([...kube.objects.keys()], []);
const outcomeOf = async (onPod: (pod: KubeObject) => void, more: Partial<RunOptions> = {}) => {
  const kube = memoryKube({ onPod, log });
  const { observations } = await runProbes(kube, planOf('apps'), options(more));
  isClean(kube);
  return observations[0]!.outcome;
};

describe('a run of probes', () => {
  it('reads each log, and leaves no object behind', async () => {
    const kube = memoryKube({ onPod: ended, log });
    const said: string[] = [];
    const progress = { ...SILENT, step: (what: string) => said.push(what) };
    const run = await runProbes(kube, planOf('apps', 'apps', 'shop'), options({ progress }));
    assert.deepEqual(
      run.observations.map(({ id, outcome }) => [id, outcome.state]),
      [
        ['p1', 'ran'],
        ['p2', 'ran'],
        ['p3', 'ran'],
      ],
    );
    assert.deepEqual(run.left, []);
    assert.equal(said.at(-1), 'diagnostic pods cleaned up: 0 objects left');
    isClean(kube);
    const owners = kube.calls.filter((call) => call.startsWith('create ConfigMap'));
    assert.equal(owners.length, 2);
  });

  it('asks for a dry run first, and creates nothing at all in a namespace that refuses', async () => {
    const kube = memoryKube({
      onPod: ended,
      log,
      refuse: ({ verb, kind, namespace }) => {
        if (verb === 'create' && kind === 'Pod' && namespace === 'strict')
          throw refusal('ADMISSION', 'the webhook policy.example.com refuses the pod', 'ask its owner');
      },
    });
    const { observations } = await runProbes(kube, planOf('strict', 'apps'), options());
    assert.deepEqual(observations[0]!.outcome, {
      state: 'not-run',
      why: 'the webhook policy.example.com refuses the pod',
      next: 'ask its owner',
    });
    assert.equal(observations[1]!.outcome.state, 'ran');
    assert.ok(!kube.calls.includes('create ConfigMap strict/pod-iam-run'));
    assert.equal(kube.calls.filter((call) => /^create ConfigMap strict/.test(call)).length, 0);
    isClean(kube);
  });

  it('tells at once that an image cannot be pulled, with the flag that names another', async () => {
    const outcome = await outcomeOf((pod) =>
      setState(pod, { waiting: { reason: 'ErrImagePull', message: 'no such host' } }),
    );
    assert.deepEqual(outcome, {
      state: 'not-run',
      why: 'the image cannot be pulled: no such host',
      next: '--probe-image NAME, an image that this cluster can pull and that holds sh and curl 7.75 or newer (now curl:1)',
    });
  });

  it('tells that the image has no shell', async () => {
    const outcome = await outcomeOf((pod) =>
      setState(pod, {
        terminated: { reason: 'StartError', message: 'exec: "sh": not found', exitCode: 128 },
      }),
    );
    assert.match(
      outcome.state === 'not-run' ? outcome.why : '',
      /could not be started: exec: "sh": not found$/,
    );
  });

  it('takes a log that cannot be read for broken', async () => {
    const kube = memoryKube({ onPod: ended, log: () => 'boom' });
    const { observations } = await runProbes(kube, planOf('apps'), options());
    assert.equal(observations[0]!.outcome.state, 'broken');
    isClean(kube);
  });

  it('gives up after the time-out, with the last thing that the cluster said', async () => {
    const kube = memoryKube({
      onPod: (pod) => setState(pod, { waiting: { reason: 'ContainerCreating' } }),
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'e1', namespace: 'apps' },
          message: 'cannot mount the volume',
          lastTimestamp: '2026-01-01T00:00:00Z',
        },
      ],
    });
    const { observations } = await runProbes(kube, planOf('apps'), options({ timeoutMs: 500 }));
    assert.deepEqual(observations[0]!.outcome, {
      state: 'not-run',
      why: 'it had not ended after 1 s: cannot mount the volume',
      next: 'give it more time with --timeout',
    });
  });

  it('takes everything away when it is interrupted, and creates nothing afterwards', async () => {
    const controller = new AbortController();
    const kube = memoryKube({
      onPod: (pod) => {
        setState(pod, { waiting: { reason: 'ContainerCreating' } });
        controller.abort(new Error('interrupted'));
      },
    });
    const run = await runProbes(
      kube,
      planOf('apps', 'apps', 'apps'),
      options({ signal: controller.signal, concurrency: 1 }),
    );
    assert.equal(kube.calls.filter((call) => /^create Pod .*p\d$/.test(call)).length, 1);
    assert.deepEqual(
      run.observations.map(({ outcome }) => (outcome.state === 'not-run' ? outcome.why : outcome.state)),
      Array(3).fill('the run was interrupted'),
    );
    isClean(kube);
  });

  it('cleans up as well when the run itself breaks down', async () => {
    const kube = memoryKube({
      onPod: ended,
      log: () => {
        throw new TypeError('a defect');
      },
    });
    await assert.rejects(runProbes(kube, planOf('apps'), options()), /a defect/);
    isClean(kube);
  });

  it('says what it could not take away', async () => {
    const kube = memoryKube({
      onPod: ended,
      log,
      refuse: ({ verb, kind }) => {
        if (verb === 'list' && kind === 'ConfigMap') throw refusal('FORBIDDEN', 'may not list', 'ask');
      },
    });
    const { left } = await runProbes(kube, planOf('apps'), options());
    assert.deepEqual(left, ['ConfigMap apps/* (may not list)']);
  });

  it('keeps the pods when it is told to, and prints how to remove them', async () => {
    const kube = memoryKube({ onPod: ended, log });
    const said: string[] = [];
    const progress = { ...SILENT, step: (what: string) => said.push(what) };
    const { runId } = await runProbes(kube, planOf('apps'), options({ keep: true, progress }));
    assert.equal(kube.objects.size, 2);
    assert.equal(
      said.at(-1),
      `diagnostic pods kept; remove them with: kubectl delete pod,configmap -n apps -l pod-iam.dev/run=${runId}`,
    );
  });
});

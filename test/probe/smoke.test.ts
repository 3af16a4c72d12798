import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../src/cluster/kube.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { judgeSmoke, smokeProbes } from '../../src/probe/smoke.ts';
import { memoryKube, setState } from '../helpers/memory-kube.ts';
import { bareLog } from '../helpers/probe-log.ts';
import { SILENT } from '../helpers/silent.ts';
import { bareProbe } from '../helpers/snapshot.ts';

const nodeOf = (pod: KubeObject): string =>
  JSON.stringify((pod.spec as { affinity: object }).affinity).match(/"values":\["([^"]+)"/)![1]!;
const judged = (more: Partial<ProbeObservation>) => judgeSmoke(bareProbe('pod-iam', 'node-1', more), '0.1.0');
const good = bareProbe('pod-iam', 'node-1');

describe('the smoke probes', () => {
  it('prove each node by a pod that its own daemon knows', async () => {
    const kube = memoryKube({
      onPod: (pod) => setState(pod, { terminated: { exitCode: 0 } }),
      log: (pod) => bareLog(pod.metadata.name, nodeOf(pod), 'pod-iam'),
    });
    const { results, left } = await smokeProbes(kube, {
      namespace: 'pod-iam',
      nodes: ['node-1', 'node-2'],
      version: '0.1.0',
      image: 'curl:1',
      stsEndpoint: 'https://sts.amazonaws.com',
      region: 'us-east-1',
      signal: new AbortController().signal,
      timeoutMs: 5000,
      concurrency: 5,
      keep: false,
      progress: SILENT,
    });
    assert.deepEqual(
      results.map(({ node, ok, what }) => [node, ok, what]),
      [
        ['node-1', true, 'answered by version 0.1.0 in 4 ms'],
        ['node-2', true, 'answered by version 0.1.0 in 4 ms'],
      ],
    );
    assert.deepEqual(left, []);
    assert.equal(kube.objects.size, 0);
  });

  const faults: [name: string, more: Partial<ProbeObservation>, what: string][] = [
    [
      'a version other than the installed one',
      { canary: { ...good.canary!, version: '0.0.9' } },
      'the daemon is of version 0.0.9, not 0.1.0',
    ],
    [
      "another node's daemon",
      { canary: { ...good.canary!, daemonNode: 'node-2' } },
      'the daemon of node-2 answered',
    ],
    [
      'being taken for nobody',
      { canary: { ...good.canary!, takenFor: null } },
      'the daemon took the pod for nobody it knows',
    ],
    [
      'the real endpoint',
      { canary: { ...good.canary!, isProxy: false, status: 404 } },
      'the metadata address is answered by something else than the daemon',
    ],
    [
      'silence',
      { canary: { ...good.canary!, isProxy: false, status: 0, failure: 'timed out' } },
      'nothing answers at the metadata address: timed out',
    ],
    ['a missing token', { token: { ...good.token!, status: 500 } }, 'no session token was issued'],
    [
      'a pod that did not run',
      { outcome: { state: 'not-run', why: 'no room', next: 'make room' } },
      'no room',
    ],
    [
      'a log that cannot be read',
      { outcome: { state: 'broken', why: 'its log is empty' } },
      'its log is empty',
    ],
  ];
  for (const [name, more, what] of faults)
    it(`fail for ${name}, with a next step`, () => {
      const result = judged(more);
      assert.deepEqual([result.ok, result.what], [false, what]);
      assert.ok(result.next);
    });
});

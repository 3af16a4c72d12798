// IN001: annotated workloads need something that serves them.
import { type Finding, fail, pass } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { foreignProxies } from './IN010.ts';
import { annotatedWorkloads, clusterSubject, unread } from './shared.ts';

const expected = 'a pod IAM proxy is installed, as workloads are annotated';

export function run(snapshot: Snapshot): Finding[] {
  const of = clusterSubject(snapshot);
  if (snapshot.workloads.state === 'unknown') return [unread(snapshot.workloads, of, expected)];
  const annotated = annotatedWorkloads(snapshot);
  if (annotated.length === 0) return [];
  if (snapshot.proxy.state === 'unknown') return [unread(snapshot.proxy, of, expected)];
  const proxy = snapshot.proxy.value;
  if (proxy !== null)
    return [pass(of, { expected, observed: `pod-iam in the namespace ${proxy.namespace}`, why })];
  const foreign = foreignProxies(snapshot);
  if (foreign[0])
    return [pass(of, { expected, observed: `${foreign[0].product}, the DaemonSet ${foreign[0].id}`, why })];
  return [
    fail(of, {
      expected,
      observed: `${annotated.length} annotated workloads and no proxy`,
      why,
      evidence: annotated
        .slice(0, 3)
        .map(({ workload, key, value }) => ({ what: workload.id, value: `${key}: ${value ?? ''}` })),
      fix: { text: 'install the proxy', command: 'pod-iam install', patch: null },
    }),
  ];
}

const why = "without one, every pod gets its node's role";

// Deletes and waits until it is true: daemons that have stopped, a namespace that is gone.
import { nameOf, refOf } from '../cluster/change.ts';
import { nodeFact } from '../cluster/facts/node.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import { NAME_LABEL, PROXY_NAME } from '../model/labels.ts';
import { environmentProblem, type Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { pause } from './pause.ts';

export interface DeletionOptions {
  timeoutMs: number;
  signal: AbortSignal;
  progress: Progress;
}

const pollMs = 500;

/** Pods on nodes that do not answer stay in the API until the node comes back: they are not waited for. */
export async function stopDaemons(kube: Kube, namespace: string, options: DeletionOptions): Promise<void> {
  const { timeoutMs, signal, progress } = options;
  progress.step('stopping the daemons; pods get no credentials from here on');
  await kube.remove({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: PROXY_NAME, namespace });
  for (const endMs = Date.now() + timeoutMs; ; ) {
    const [pods, nodes] = await Promise.all([
      kube.list('v1', 'Pod', { namespace, labelSelector: `${NAME_LABEL}=${PROXY_NAME}` }),
      kube.list('v1', 'Node'),
    ]);
    const answering = new Set(nodes.map(nodeFact).flatMap(({ name, ready }) => (ready ? [name] : [])));
    const waiting = pods.filter(({ spec }) => answering.has((spec as { nodeName?: string }).nodeName ?? ''));
    if (waiting.length === 0) return;
    if (Date.now() > endMs) throw stillThere(kube, namespace, waiting, timeoutMs);
    progress.detail(`${waiting.length} still there`);
    await pause(pollMs, signal);
  }
}

/** Resolves when it is gone. @throws Problem when it stays for longer than `timeoutMs` */
export async function deleteNamespace(
  kube: Kube,
  space: KubeObject,
  options: DeletionOptions,
): Promise<void> {
  const { timeoutMs, signal, progress } = options;
  progress.step(`deleting ${nameOf(space)}`);
  await kube.remove(refOf(space));
  for (const endMs = Date.now() + timeoutMs; (await kube.read(refOf(space))) !== null; ) {
    if (Date.now() > endMs) throw namespaceStays(kube, space.metadata.name, timeoutMs);
    await pause(pollMs, signal);
  }
}

const stillThere = (
  { context }: Kube,
  namespace: string,
  pods: readonly KubeObject[],
  timeoutMs: number,
): Problem =>
  environmentProblem({
    code: 'TIMEOUT',
    what: `the daemons did not stop within ${timeoutMs / 1000} s`,
    why: `still there: ${pods.map(({ metadata }) => metadata.name).join(', ')}`,
    next: `${context.kubectl} get pods -n ${namespace}; then pod-iam uninstall again`,
  });

const namespaceStays = ({ context }: Kube, name: string, timeoutMs: number): Problem =>
  environmentProblem({
    code: 'TIMEOUT',
    what: `the namespace ${name} is still being deleted after ${timeoutMs / 1000} s; all else is gone`,
    why: 'something in it has a finalizer, or an API service of the cluster does not answer',
    next: `${context.kubectl} get namespace ${name} -o jsonpath='{.status.conditions}'`,
  });

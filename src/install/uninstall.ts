// Uninstalls in the order that leaves no gap unproven: the daemons first (the rules stay and fail
// closed), then the rules of each node, then every object of ours, the namespace last.
import { nameOf, refOf } from '../cluster/change.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import type { Bundle } from '../manifests/bundle.ts';
import { API_TOKEN_SECRET } from '../manifests/containers.ts';
import type { InstallValues } from '../manifests/values.ts';
import { CLEANUP_NAME, isOurs, NAME_LABEL, PROXY_NAME } from '../model/labels.ts';
import { environmentProblem, type Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { cleanNodes, type NodeCleaning } from './clean-nodes.ts';
import { foreignObjects } from './foreign.ts';
import { containersOf, installedValues, ownObjects, readDaemonSet } from './installed.ts';
import { pause } from './pause.ts';
import { requirePermissions, uninstallNeeds } from './permissions.ts';

export interface UninstallPlan {
  values: InstallValues;
  /** Of ours, in the order in which they are deleted; empty when nothing is installed. */
  objects: KubeObject[];
  /** Names of what others have put into the namespace, which is then kept. */
  foreign: string[];
}

export interface UninstallOutcome {
  context: string;
  namespace: string;
  installed: boolean;
  nodes: NodeCleaning[];
  /** `Kind name` of what was deleted. */
  deleted: string[];
  /** Objects of ours that are still there. */
  left: string[];
  /** Why the namespace is still there; null when it is gone or was never ours. */
  namespaceKept: string | null;
}

export async function planUninstall(
  kube: Kube,
  fallback: InstallValues,
  progress: Progress,
): Promise<UninstallPlan> {
  const namespace = fallback.systemNamespace;
  progress.step(`looking for pod-iam in context ${kube.context.name}`);
  await kube.version();
  const objects = await ownObjects(kube, namespace);
  const daemonSet =
    (await readDaemonSet(kube, namespace)) ?? (await readDaemonSet(kube, namespace, CLEANUP_NAME));
  const values = daemonSet === null ? fallback : installedValues(daemonSet, fallback);
  if (objects.length === 0) return { values, objects, foreign: [] };
  await requirePermissions(kube, uninstallNeeds(namespace));
  const secret = daemonSet && usesApiToken(daemonSet) ? await ownApiToken(kube, namespace) : [];
  const foreign = await foreignObjects(kube, namespace, values.awsSecret);
  return { values, objects: [...secret, ...objects], foreign };
}

export interface UninstallOptions {
  timeoutMs: number;
  signal: AbortSignal;
  progress: Progress;
}

export async function uninstall(
  kube: Kube,
  { values, objects, foreign }: UninstallPlan,
  bundle: Bundle,
  options: UninstallOptions,
): Promise<UninstallOutcome> {
  const { signal, progress } = options;
  const namespace = values.systemNamespace;
  const space = objects.find(({ kind }) => kind === 'Namespace');
  const outcome: UninstallOutcome = {
    context: kube.context.name,
    namespace,
    installed: true,
    nodes: [],
    deleted: [],
    left: [],
    namespaceKept: null,
  };
  if ((await kube.read({ apiVersion: 'v1', kind: 'Namespace', name: namespace })) !== null) {
    await stopDaemons(kube, namespace, options);
    outcome.nodes = await cleanNodes(kube, values, bundle, options);
  }
  // Where a node could be reached and is not clean, what cleans it must stay for another try.
  if (outcome.nodes.some(({ clean, isReachable }) => !clean && isReachable)) {
    outcome.left = objects.map(nameOf);
    return outcome;
  }
  const ours = [...(await ownObjects(kube, namespace)), ...objects.filter(({ kind }) => kind === 'Secret')];
  for (const object of ours) {
    if (object.kind === 'Namespace') continue;
    signal.throwIfAborted();
    progress.step(`deleting ${nameOf(object)}`);
    await kube.remove(refOf(object));
    outcome.deleted.push(nameOf(object));
  }
  if (space && foreign.length > 0) {
    outcome.namespaceKept = `it holds what pod-iam did not make: ${foreign.join(', ')}`;
  } else if (space) {
    await removeNamespace(kube, space, options);
    outcome.deleted.push(nameOf(space));
  }
  return outcome;
}

/** Pods on nodes that do not answer stay in the API until the node comes back: they are not waited for. */
async function stopDaemons(kube: Kube, namespace: string, { timeoutMs, signal, progress }: UninstallOptions) {
  progress.step('stopping the daemons; pods get no credentials from here on');
  await kube.remove({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: PROXY_NAME, namespace });
  const untilMs = Date.now() + timeoutMs;
  for (;;) {
    const [pods, nodes] = await Promise.all([
      kube.list('v1', 'Pod', { namespace, labelSelector: `${NAME_LABEL}=${PROXY_NAME}` }),
      kube.list('v1', 'Node'),
    ]);
    const alive = new Set(nodes.filter(isAnswering).map(({ metadata }) => metadata.name));
    const waiting = pods.filter(({ spec }) => alive.has((spec as { nodeName?: string }).nodeName ?? ''));
    if (waiting.length === 0) return;
    if (Date.now() > untilMs) throw stillThere(namespace, waiting, timeoutMs);
    progress.detail(`${waiting.length} still there`);
    await pause(500, signal);
  }
}

const isAnswering = ({ status }: KubeObject): boolean =>
  ((status as { conditions?: { type: string; status: string }[] })?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );

async function removeNamespace(
  kube: Kube,
  space: KubeObject,
  { timeoutMs, signal, progress }: UninstallOptions,
): Promise<void> {
  progress.step(`deleting ${nameOf(space)}`);
  await kube.remove(refOf(space));
  const untilMs = Date.now() + timeoutMs;
  while ((await kube.read(refOf(space))) !== null) {
    if (Date.now() > untilMs) throw namespaceStays(space.metadata.name, timeoutMs);
    await pause(500, signal);
  }
}

const usesApiToken = (daemonSet: KubeObject): boolean =>
  JSON.stringify(containersOf(daemonSet)).includes(API_TOKEN_SECRET);

async function ownApiToken(kube: Kube, namespace: string): Promise<KubeObject[]> {
  const secret = await kube.read({ apiVersion: 'v1', kind: 'Secret', name: API_TOKEN_SECRET, namespace });
  return secret !== null && isOurs(secret) ? [secret] : [];
}

const stillThere = (namespace: string, pods: readonly KubeObject[], timeoutMs: number): Problem =>
  environmentProblem({
    code: 'TIMEOUT',
    what: `the daemons did not stop within ${timeoutMs / 1000} s`,
    why: `still there: ${pods.map(({ metadata }) => metadata.name).join(', ')}`,
    next: `kubectl get pods -n ${namespace}; then pod-iam uninstall again`,
  });

const namespaceStays = (name: string, timeoutMs: number): Problem =>
  environmentProblem({
    code: 'TIMEOUT',
    what: `the namespace ${name} is still being deleted after ${timeoutMs / 1000} s; all else is gone`,
    why: 'something in it has a finalizer, or an API service of the cluster does not answer',
    next: `kubectl get namespace ${name} -o jsonpath='{.status.conditions}'`,
  });

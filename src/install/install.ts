// Installs or upgrades: looks before it changes anything, shows the difference, applies, waits for
// every node and proves the result with a pod on each.
import { type Change, nameOf, planChanges } from '../cluster/change.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import type { Bundle } from '../manifests/bundle.ts';
import { installObjects } from '../manifests/objects.ts';
import { checkValues, type InstallValues, type Manifest } from '../manifests/values.ts';
import { checkDaemonValues } from '../model/daemon-flags.ts';
import { BUNDLE_PREFIX, isOurs, MANAGED_SELECTOR, PROXY_NAME } from '../model/labels.ts';
import { environmentProblem, interruptedProblem, Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { readDaemonSet } from './installed.ts';
import { type NodeSplit, splitNodes } from './nodes.ts';
import { findOtherProxies, type OtherProxy, requireFreeAddress } from './other-proxies.ts';
import { installNeeds, requirePermissions } from './permissions.ts';
import { awaitRollout, type RolloutTiming } from './rollout.ts';

export interface InstallPlan {
  values: InstallValues;
  bundle: Bundle;
  /** In the order in which they are applied. */
  changes: Change[];
  nodes: NodeSplit;
  otherProxies: OtherProxy[];
}

/** Everything that can be known without changing anything. Throws a Problem for whatever would stop it. */
export async function planInstall(
  kube: Kube,
  values: InstallValues,
  bundle: Bundle,
  progress: Progress,
): Promise<InstallPlan> {
  checkValues(values);
  checkDaemonValues(values.daemon);
  progress.step(`looking at the cluster of context ${kube.context.name}`);
  await kube.version();
  await requirePermissions(kube, installNeeds(values));
  const namespace = await kube.read({ apiVersion: 'v1', kind: 'Namespace', name: values.systemNamespace });
  if (namespace?.metadata.deletionTimestamp) throw terminating(kube, values.systemNamespace);
  await readDaemonSet(kube, values.systemNamespace);
  if (values.awsSecret !== null) await requireSecret(kube, values, values.awsSecret);
  if (values.daemon['container-credentials'] === true) await requireFreeAddress(kube);
  const [nodes, otherProxies] = await Promise.all([splitNodes(kube), findOtherProxies(kube)]);
  progress.step('trying the changes on the API server');
  const objects = installObjects(values, bundle).map((object) => adopted(object, namespace));
  const untried = (object: KubeObject) => namespace === null && object.metadata.namespace !== undefined;
  const changes = await planChanges(kube, objects, { untried });
  return { values, bundle, changes, nodes, otherProxies };
}

export interface ApplyOptions {
  /** How long to wait for the nodes, ms; 0 not at all. */
  waitMs: number;
  signal: AbortSignal;
  progress: Progress;
  timing?: RolloutTiming | undefined;
}

/** Applies what differs and waits. Throws a Problem that tells what was applied when it ends half-way. */
export async function applyInstall(kube: Kube, plan: InstallPlan, options: ApplyOptions): Promise<void> {
  const { signal, progress, waitMs } = options;
  const { values, nodes } = plan;
  const pending = plan.changes.filter(({ action }) => action !== 'none').map(({ object }) => object);
  const done: KubeObject[] = [];
  try {
    for (const object of pending) {
      signal.throwIfAborted();
      progress.step(`applying ${nameOf(object)}`);
      await kube.apply(object);
      done.push(object);
    }
    if (waitMs === 0) return;
    const daemonSet = { name: PROXY_NAME, namespace: values.systemNamespace };
    const applied = await kube.read({ apiVersion: 'apps/v1', kind: 'DaemonSet', ...daemonSet });
    const generation = Number(applied?.metadata.generation ?? 0);
    progress.step(`waiting for ${nodes.reachable.length} nodes`);
    await awaitRollout(kube, {
      daemonSet,
      generation,
      nodes: nodes.reachable,
      timeoutMs: waitMs,
      signal,
      progress,
      timing: options.timing,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw halfWay(pending, done, waitMs > 0);
  }
  await pruneBundles(kube, plan);
}

/** Bundles of earlier versions; the running one is needed when a pod restarts. */
async function pruneBundles(kube: Kube, { values, bundle }: InstallPlan): Promise<void> {
  const namespace = values.systemNamespace;
  const current = values.delivery === 'configmap' ? BUNDLE_PREFIX + bundle.hash : null;
  const ours = await kube.list('v1', 'ConfigMap', { namespace, labelSelector: MANAGED_SELECTOR });
  for (const { metadata } of ours) {
    if (!metadata.name.startsWith(BUNDLE_PREFIX) || metadata.name === current) continue;
    await kube.remove({ apiVersion: 'v1', kind: 'ConfigMap', name: metadata.name, namespace });
  }
}

/** A namespace that was there before stays its owner's: uninstall must not delete it. */
function adopted(object: Manifest, namespace: KubeObject | null): KubeObject {
  if (object.kind !== 'Namespace' || namespace === null || isOurs(namespace)) return object;
  const levels = Object.entries(object.metadata.labels ?? {}).filter(([key]) =>
    key.startsWith('pod-security.'),
  );
  return { ...object, metadata: { name: object.metadata.name, labels: Object.fromEntries(levels) } };
}

async function requireSecret(kube: Kube, { systemNamespace }: InstallValues, name: string): Promise<void> {
  let found: KubeObject | null;
  try {
    found = await kube.read({ apiVersion: 'v1', kind: 'Secret', name, namespace: systemNamespace });
  } catch (error) {
    // Whoever may not read it may still name it; the pods' status tells when it is not there.
    if (error instanceof Problem && error.code === 'FORBIDDEN') return;
    throw error;
  }
  if (found !== null) return;
  throw environmentProblem({
    code: 'NO_SECRET',
    what: `there is no Secret ${systemNamespace}/${name} for the daemon's own AWS identity (--aws-secret)`,
    next:
      `${kube.context.kubectl} create namespace ${systemNamespace}; ${kube.context.kubectl} create secret generic -n ${systemNamespace} ${name} ` +
      '--from-literal=AWS_ACCESS_KEY_ID=… --from-literal=AWS_SECRET_ACCESS_KEY=…',
  });
}

const terminating = ({ context }: Kube, namespace: string): Problem =>
  environmentProblem({
    code: 'TERMINATING',
    what: `the namespace ${namespace} is being deleted; nothing can be installed into it`,
    next: `${context.kubectl} wait --for=delete namespace/${namespace}`,
  });

function halfWay(pending: readonly KubeObject[], done: readonly KubeObject[], waits: boolean): Problem {
  const left = pending.slice(done.length).map(nameOf);
  const applied = done.length === 0 ? 'nothing was changed' : `applied: ${done.map(nameOf).join(', ')}`;
  const open =
    left.length > 0 ? `not applied: ${left.join(', ')}` : waits ? 'the nodes were not waited for' : '';
  return interruptedProblem({
    code: 'INTERRUPTED',
    what: 'the installation was interrupted',
    why: [applied, open].filter(Boolean).join('; '),
    next:
      done.length === 0
        ? 'pod-iam install'
        : 'pod-iam install to go on, or pod-iam uninstall to take it away',
  });
}

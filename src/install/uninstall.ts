// Uninstalls in the order that leaves no gap unproven: the daemons first (the rules stay and fail
// closed), then the rules of each node, then every object of ours, the namespace last.
import { nameOf, refOf } from '../cluster/change.ts';
import { templateContainers } from '../cluster/facts/template-containers.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import type { Bundle } from '../manifests/bundle.ts';
import { API_TOKEN_SECRET } from '../manifests/containers.ts';
import { namespace as namespaceObject } from '../manifests/objects.ts';
import { GUARD_API } from '../manifests/taint-guard.ts';
import type { InstallValues } from '../manifests/values.ts';
import { CLEANUP_NAME, isOurs } from '../model/labels.ts';
import { environmentProblem, interruptedProblem, type Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { cleanNodes, type NodeCleaning } from './clean-nodes.ts';
import { type DeletionOptions, deleteNamespace, stopDaemons } from './deletion.ts';
import { foreignObjects } from './foreign.ts';
import { installedValues, ownObjects, readDaemonSet } from './installed.ts';
import { requirePermissions, uninstallNeeds } from './permissions.ts';

export interface UninstallPlan {
  values: InstallValues;
  /** Of ours, in the order in which they are deleted; empty when nothing is installed. */
  objects: KubeObject[];
  /** Null when the namespace is gone already. */
  space: KubeObject | null;
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

/** @throws Problem for whatever would stop it half-way */
export async function planUninstall(
  kube: Kube,
  fallback: InstallValues,
  progress: Progress,
): Promise<UninstallPlan> {
  const name = fallback.systemNamespace;
  progress.step(`looking for pod-iam in context ${kube.context.name}`);
  await kube.version();
  const space = await kube.read({ apiVersion: 'v1', kind: 'Namespace', name });
  if (space?.metadata.deletionTimestamp) throw terminating(kube, name);
  const objects = await ownObjects(kube, name);
  const daemonSet = (await readDaemonSet(kube, name)) ?? (await readDaemonSet(kube, name, CLEANUP_NAME));
  const values = daemonSet === null ? fallback : installedValues(daemonSet, fallback);
  if (objects.length === 0) return { values, objects, space, foreign: [] };
  await requirePermissions(kube, uninstallNeeds(name, objects.some(isGuard)));
  const secret = daemonSet && usesApiToken(daemonSet) ? await ownApiToken(kube, name) : [];
  const foreign = await foreignObjects(kube, name, values.awsSecret);
  return { values, objects: [...secret, ...objects], space, foreign };
}

/** Cleans the nodes also where only remains are left: a namespace deleted by hand leaves every rule in place. */
export async function uninstall(
  kube: Kube,
  plan: UninstallPlan,
  bundle: Bundle,
  options: DeletionOptions,
): Promise<UninstallOutcome> {
  const { values, objects, foreign } = plan;
  const outcome: UninstallOutcome = {
    context: kube.context.name,
    namespace: values.systemNamespace,
    installed: true,
    nodes: [],
    deleted: [],
    left: [],
    namespaceKept: null,
  };
  try {
    const space = plan.space ?? (await kube.apply(namespaceObject(values)));
    await stopDaemons(kube, values.systemNamespace, options);
    outcome.nodes = await cleanNodes(kube, values, bundle, options);
    // Where a node could be reached and is not clean, what cleans it must stay for another try.
    if (outcome.nodes.some(({ clean, isReachable }) => !clean && isReachable)) {
      outcome.left = (await ownObjects(kube, values.systemNamespace)).map(nameOf);
      return outcome;
    }
    const secrets = objects.filter(({ kind }) => kind === 'Secret');
    for (const object of [...secrets, ...(await ownObjects(kube, values.systemNamespace))]) {
      if (object.kind === 'Namespace') continue;
      options.signal.throwIfAborted();
      options.progress.step(`deleting ${nameOf(object)}`);
      await kube.remove(refOf(object));
      outcome.deleted.push(nameOf(object));
    }
    if (!isOurs(space)) return outcome;
    if (foreign.length > 0) {
      outcome.namespaceKept = `it holds what pod-iam did not make: ${foreign.join(', ')}`;
      return outcome;
    }
    await deleteNamespace(kube, space, options);
    outcome.deleted.push(nameOf(space));
    return outcome;
  } catch (error) {
    if (!options.signal.aborted) throw error;
    throw halfWay(outcome);
  }
}

const isGuard = ({ apiVersion }: KubeObject): boolean => apiVersion === GUARD_API;

const usesApiToken = (daemonSet: KubeObject): boolean =>
  JSON.stringify(templateContainers(daemonSet)).includes(API_TOKEN_SECRET);

async function ownApiToken(kube: Kube, namespace: string): Promise<KubeObject[]> {
  const secret = await kube.read({ apiVersion: 'v1', kind: 'Secret', name: API_TOKEN_SECRET, namespace });
  return secret !== null && isOurs(secret) ? [secret] : [];
}

function halfWay({ nodes, deleted }: UninstallOutcome): Problem {
  const rules =
    nodes.length > 0
      ? 'the rules of the nodes are gone'
      : 'rules may be left on nodes, where they let nothing through';
  const objects = deleted.length > 0 ? `deleted: ${deleted.join(', ')}` : 'the objects are still there';
  return interruptedProblem({
    code: 'INTERRUPTED',
    what: 'the uninstallation was interrupted',
    why: `${rules}; ${objects}`,
    next: 'pod-iam uninstall again, to go on',
  });
}

const terminating = ({ context }: Kube, name: string): Problem =>
  environmentProblem({
    code: 'TERMINATING',
    what: `the namespace ${name} is being deleted by somebody else`,
    why: 'whether rules are left on the nodes can be seen only once it is gone',
    next: `${context.kubectl} wait --for=delete namespace/${name}; then pod-iam uninstall --clean-nodes`,
  });

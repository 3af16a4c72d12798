// Reads back what is installed: the objects of ours, and the values they were made from.
import { templateContainers } from '../cluster/facts/template-containers.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import { GUARD_API, GUARD_KINDS } from '../manifests/taint-guard.ts';
import type { InstallValues } from '../manifests/values.ts';
import { DAEMON_FLAGS, parseDaemonFlags } from '../model/daemon-flags.ts';
import { isOurs, MANAGED_SELECTOR, PROXY_NAME, VERSION_LABEL } from '../model/labels.ts';
import { environmentProblem, Problem } from '../model/problem.ts';

/** The daemon's DaemonSet; null when there is none. Throws a Problem when one of that name is not ours. */
export async function readDaemonSet(
  kube: Kube,
  namespace: string,
  name: string = PROXY_NAME,
): Promise<KubeObject | null> {
  const ref = { apiVersion: 'apps/v1', kind: 'DaemonSet', name, namespace };
  const found = await kube.read(ref);
  if (found === null || isOurs(found)) return found;
  throw environmentProblem({
    code: 'NOT_OURS',
    what: `the DaemonSet ${namespace}/${name} was not made by pod-iam, so it is left alone`,
    why: 'it lacks the label app.kubernetes.io/managed-by=pod-iam',
    next: `choose another --system-namespace, or delete it: ${kube.context.kubectl} delete daemonset -n ${namespace} ${name}`,
  });
}

/** The values that a DaemonSet of ours was made from: the daemon's, or what an interrupted uninstall left of it. */
export function installedValues(daemonSet: KubeObject, fallback: InstallValues): InstallValues {
  const containers = templateContainers(daemonSet);
  const redirect = containers.find(({ name }) => name === 'redirect');
  const main = containers.find(({ name }) => name === 'proxy') ?? redirect;
  if (!main) return fallback;
  const usesHost = redirect?.args?.some((argument) => argument.startsWith('--host-root')) ?? true;
  return {
    systemNamespace: daemonSet.metadata.namespace ?? fallback.systemNamespace,
    delivery: main.command?.at(-1)?.endsWith('/run.cjs') ? 'configmap' : 'image',
    image: main.image,
    redirectImage: usesHost ? null : (redirect?.image ?? null),
    awsSecret: main.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name ?? null,
    daemon: parseDaemonFlags((main.args ?? []).filter(isGivenFlag)),
    version: daemonSet.metadata.labels?.[VERSION_LABEL] ?? fallback.version,
  };
}

/** A flag of the daemon's with a value that is not the kubelet's to fill in. */
function isGivenFlag(argument: string): boolean {
  const name = /^--([^=]+)/.exec(argument)?.[1];
  return DAEMON_FLAGS.some((flag) => flag.name === name) && !argument.includes('$(');
}

/** All objects of ours but Secrets: in the namespace, and of the cluster. The namespace itself is the last. */
export async function ownObjects(kube: Kube, namespace: string): Promise<KubeObject[]> {
  const space = await kube.read({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  const rbac = 'rbac.authorization.k8s.io/v1';
  const labelled = { labelSelector: MANAGED_SELECTOR };
  const lists = [
    ...(space === null
      ? []
      : (
          [
            ['apps/v1', 'DaemonSet'],
            ['v1', 'ConfigMap'],
            ['v1', 'ServiceAccount'],
          ] as const
        ).map(([apiVersion, kind]) => kube.list(apiVersion, kind, { namespace, ...labelled }))),
    kube.list(rbac, 'ClusterRoleBinding', labelled),
    kube.list(rbac, 'ClusterRole', labelled),
    ...GUARD_KINDS.map((kind) => listKnown(kube, GUARD_API, kind)),
  ];
  const objects = (await Promise.all(lists)).flat();
  return space !== null && isOurs(space) ? [...objects, space] : objects;
}

/** None where the cluster has no such kind. */
async function listKnown(kube: Kube, apiVersion: string, kind: string): Promise<KubeObject[]> {
  try {
    return await kube.list(apiVersion, kind, { labelSelector: MANAGED_SELECTOR });
  } catch (error) {
    if (error instanceof Problem && ['UNKNOWN_KIND', 'NOT_FOUND'].includes(error.code)) return [];
    throw error;
  }
}

/** Whether somebody else keeps the redirect rule, so that the daemon does not look at it. */
export const keptOutside = (args: readonly string[]): boolean => args.includes('--redirect=external');

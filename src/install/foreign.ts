// What others have put into pod-iam's namespace: deleting the namespace would delete it too.
import { nameOf } from '../cluster/change.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import { isOurs } from '../model/labels.ts';
import { Problem } from '../model/problem.ts';

const kinds = [
  ['v1', 'Pod'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['v1', 'PersistentVolumeClaim'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
] as const;

/**
 * Names such as `Secret pod-iam/keys`. A kind that may not be listed counts as one, because it may hold something.
 * @param awsSecret made for the daemon alone, so it goes with it
 */
export async function foreignObjects(
  kube: Kube,
  namespace: string,
  awsSecret: string | null,
): Promise<string[]> {
  const lists = await Promise.all(
    kinds.map(async ([apiVersion, kind]) => {
      try {
        return (await kube.list(apiVersion, kind, { namespace })).filter(isForeign).map(nameOf);
      } catch (error) {
        const code = error instanceof Problem ? error.code : null;
        if (code === 'UNKNOWN_KIND') return [];
        if (code === 'FORBIDDEN') return [`${kind} objects that may not be listed`];
        throw error;
      }
    }),
  );
  return lists.flat().filter((name) => name !== `Secret ${namespace}/${awsSecret}`);
}

function isForeign(object: KubeObject): boolean {
  if (isOurs(object)) return false;
  // Kubernetes and meshes put their certificates into every namespace.
  return !(
    object.kind === 'ConfigMap' && /(root-ca\.crt|root-cert|service-ca\.crt)$/.test(object.metadata.name)
  );
}

// Finds other credential proxies in the cluster: two of them on one node fight over one address.
import { templateContainers } from '../cluster/facts/template-containers.ts';
import type { Kube, KubeObject } from '../cluster/kube.ts';
import { CONTAINER_IPV4 } from '../model/container-credentials.ts';
import { isEksAgent, metadataProxyIn } from '../model/credential-proxies.ts';
import { environmentProblem } from '../model/problem.ts';

export interface OtherProxy {
  /** `kube2iam`, `kiam`… */
  product: string;
  /** `namespace/name` of its DaemonSet. */
  daemonSet: string;
}

/** By the names of DaemonSets and of their images, everywhere. */
export async function findOtherProxies(kube: Kube): Promise<OtherProxy[]> {
  const daemonSets = await kube.list('apps/v1', 'DaemonSet');
  return daemonSets.flatMap((object) => {
    const product = metadataProxyIn(namesOf(object));
    return product ? [{ product, daemonSet: `${object.metadata.namespace}/${object.metadata.name}` }] : [];
  });
}

/**
 * EKS's agent answers at the very address of our container credentials, on each node.
 * @throws Problem ADDRESS_TAKEN when it is installed
 */
export async function requireFreeAddress(kube: Kube): Promise<void> {
  const daemonSets = await kube.list('apps/v1', 'DaemonSet');
  const agent = daemonSets.find((object) => isEksAgent(namesOf(object)));
  if (!agent) return;
  const name = `${agent.metadata.namespace}/${agent.metadata.name}`;
  throw environmentProblem({
    code: 'ADDRESS_TAKEN',
    what: `--container-credentials is not possible beside the EKS Pod Identity agent (DaemonSet ${name})`,
    why: `both answer at ${CONTAINER_IPV4}, and the pods of one would ask the other`,
    next: 'install without --container-credentials, or remove the add-on eks-pod-identity-agent first',
  });
}

const namesOf = (object: KubeObject): string[] => [
  object.metadata.name,
  ...templateContainers(object).map(({ image }) => image),
];

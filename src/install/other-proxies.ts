// Finds other credential proxies in the cluster: two of them on one node fight over one address.
import type { Kube, KubeObject } from '../cluster/kube.ts';

const known = /(?:^|[/-])(kube2iam|kiam|metadataproxy|aws-metadata-proxy|kube-aws-iam-controller)(?:[:@-]|$)/;

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
    const product = [object.metadata.name, ...imagesOf(object)]
      .map((text) => known.exec(text)?.[1])
      .find(Boolean);
    return product ? [{ product, daemonSet: `${object.metadata.namespace}/${object.metadata.name}` }] : [];
  });
}

function imagesOf(object: KubeObject): string[] {
  const spec = object.spec as { template?: { spec?: { containers?: { image?: string }[] } } } | undefined;
  return (spec?.template?.spec?.containers ?? []).map(({ image = '' }) => image);
}

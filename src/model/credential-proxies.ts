// The other products that give pods credentials at an address of the node's, told by the names that they
// are installed under: one list for the doctor, the installation and the wizard.
// https://github.com/jtblin/kube2iam https://github.com/uswitch/kiam https://github.com/lyft/metadataproxy

const METADATA_PROXY =
  /(?:^|[/-])(kube2iam|kiam|metadataproxy|aws-metadata-proxy)(?:-agent|-server)?(?:[:@]|$)/;

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html */
const EKS_AGENT = /(?:^|[/-])eks-pod-identity-agent(?:[:@]|$)/;

/**
 * Which product intercepts the metadata address, as pod-iam does; null for none.
 * @param names an object's name and its images, with or without registry, tag and digest
 */
export function metadataProxyIn(names: readonly string[]): string | null {
  for (const name of names) {
    const product = METADATA_PROXY.exec(name)?.[1];
    if (product) return product;
  }
  return null;
}

/** Whether it is the EKS Pod Identity agent, which answers at the container credentials address. */
export const isEksAgent = (names: readonly string[]): boolean => names.some((name) => EKS_AGENT.test(name));

// Which STS the diagnostic pods ask: the one that the installed daemon asks, else the region's own.
import { stsEndpoint } from '../model/endpoint.ts';
import { knownOr, type Snapshot } from '../model/snapshot.ts';

/** The daemon's region, else that of the nodes' labels, else the one that all accounts have. */
export function regionOf({ proxy, nodes, context }: Snapshot): string {
  const install = knownOr(proxy, null);
  if (install?.region) return install.region;
  const labels = nodes.state === 'known' ? nodes.value.map((node) => node.labels) : [];
  // https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesioregion
  const labelled = labels.map((all) => all['topology.kubernetes.io/region']).find(Boolean);
  return labelled ?? context.region ?? 'us-east-1';
}

export function stsEndpointOf({ proxy }: Snapshot, region: string): string {
  const install = knownOr(proxy, null);
  return install?.stsEndpoint ?? stsEndpoint(region);
}

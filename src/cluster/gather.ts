// Reads all that the checks need to know of a cluster. Each fact stands for itself: one list that is
// forbidden makes that fact unknown, with the permission that is missing, and leaves the others.
import { DEFAULT_SETTINGS } from '../model/role.ts';
import {
  type Fact,
  type Grant,
  known,
  knownOr,
  type NamespaceFact,
  type RoleSettings,
  type ServiceAccountFact,
  type Snapshot,
  unknownFact,
} from '../model/snapshot.ts';
import { nodeFact } from './facts/node.ts';
import { gatherProxy } from './facts/proxy.ts';
import { unreadFact } from './facts/unread.ts';
import { CONTROLLER_KINDS, podFacts, topmostWorkloads } from './facts/workloads.ts';
import type { Kube, KubeObject } from './kube.ts';

/** The part of a snapshot that the Kubernetes API tells. */
export type ClusterFacts = Pick<
  Snapshot,
  'settings' | 'nodes' | 'namespaces' | 'serviceAccounts' | 'pods' | 'workloads' | 'proxy' | 'nodeIdentities'
>;

export interface GatherOptions {
  /** Where the proxy is looked for first. */
  systemNamespace: string;
  /** Only these namespaces' workloads; all when empty or absent. */
  namespaces?: readonly string[] | undefined;
  /** Settings to decide by instead of those of the installed proxy. */
  settings?: RoleSettings | undefined;
}

/**
 * @throws Problem only when the cluster cannot be reached or does not know the caller at all
 */
export async function gatherCluster(kube: Kube, options: GatherOptions): Promise<ClusterFacts> {
  await kube.version();
  const wanted = options.namespaces ?? [];
  const [nodes, namespaces, serviceAccounts, pods, controllers, { proxy, nodeIdentities }] =
    await Promise.all([
      everywhere(kube, 'v1', 'Node'),
      namespacesOf(kube, wanted),
      inNamespaces(kube, 'v1', 'ServiceAccount', wanted),
      inNamespaces(kube, 'v1', 'Pod', wanted),
      Promise.all(CONTROLLER_KINDS.map(([apiVersion, kind]) => inNamespaces(kube, apiVersion, kind, wanted))),
      gatherProxy(kube, options.systemNamespace, { audit: true }),
    ]);
  const owners = controllers.flatMap((fact) => knownOr(fact, []));
  const installed = proxy.state === 'known' ? proxy.value?.settings : undefined;
  return {
    settings: options.settings ?? installed ?? DEFAULT_SETTINGS,
    nodes: mapFact(nodes, (list) => list.map(nodeFact).sort(byName)),
    namespaces: mapFact(namespaces, (list) => list.map(namespaceFact).sort(byName)),
    serviceAccounts: mapFact(serviceAccounts, (list) => list.map(serviceAccountFact)),
    pods: mapFact(pods, (list) => podFacts(list, owners)),
    workloads: workloadsFact(controllers, pods, owners),
    proxy,
    nodeIdentities,
  };
}

function workloadsFact(
  controllers: readonly Fact<KubeObject[]>[],
  pods: Fact<KubeObject[]>,
  owners: readonly KubeObject[],
): ClusterFacts['workloads'] {
  const from = 'list controllers and Pods';
  const missing = [...controllers, pods].filter((fact) => fact.state === 'unknown');
  if (missing.length > 0) {
    const why = [...new Set(missing.map((fact) => fact.why))].join('; ');
    return unknownFact(why, from, joinGrants(missing.flatMap(({ grant }) => grant ?? [])));
  }
  return known(topmostWorkloads(owners, knownOr(pods, [])), from);
}

async function everywhere(kube: Kube, apiVersion: string, kind: string): Promise<Fact<KubeObject[]>> {
  return attempt(`list ${kind} objects`, () => kube.list(apiVersion, kind));
}

/** Cluster-wide; where that is forbidden, in the context's own namespace, and `from` says so. */
async function inNamespaces(
  kube: Kube,
  apiVersion: string,
  kind: string,
  wanted: readonly string[],
): Promise<Fact<KubeObject[]>> {
  const each = (names: readonly string[]): Promise<Fact<KubeObject[]>> =>
    attempt(`list ${kind} objects in ${names.join(', ')}`, async () => {
      const lists = await Promise.all(names.map((namespace) => kube.list(apiVersion, kind, { namespace })));
      return lists.flat();
    });
  if (wanted.length > 0) return each(wanted);
  const whole = await everywhere(kube, apiVersion, kind);
  if (whole.state === 'known' || whole.grant === null) return whole;
  const here = await each([kube.context.namespace]);
  return here.state === 'known' ? here : whole;
}

/** One by one where they may not be listed: reading a named namespace is a right of its own. */
async function namespacesOf(kube: Kube, wanted: readonly string[]): Promise<Fact<KubeObject[]>> {
  const whole = wanted.length > 0 ? null : await everywhere(kube, 'v1', 'Namespace');
  if (whole && (whole.state === 'known' || whole.grant === null)) return whole;
  const names = wanted.length > 0 ? wanted : [kube.context.namespace];
  const here = await attempt(`read the namespaces ${names.join(', ')}`, async () => {
    const read = (name: string) => kube.read({ apiVersion: 'v1', kind: 'Namespace', name });
    return (await Promise.all(names.map(read))).filter((object) => object !== null);
  });
  return here.state === 'known' || whole === null ? here : whole;
}

async function attempt<T>(from: string, read: () => Promise<T>): Promise<Fact<T>> {
  try {
    return known(await read(), from);
  } catch (error) {
    return unreadFact(error, from);
  }
}

const mapFact = <A, B>(fact: Fact<A>, change: (value: A) => B): Fact<B> =>
  fact.state === 'known' ? known(change(fact.value), fact.from) : fact;

function joinGrants(grants: readonly Grant[]): Grant | null {
  const unique = [...new Map(grants.map((grant) => [grant.needs, grant])).values()];
  if (unique.length === 0) return null;
  return {
    needs: unique.map(({ needs }) => needs).join(', '),
    snippet: unique.map(({ snippet }) => snippet).join('---\n'),
  };
}

export const namespaceFact = ({ metadata }: KubeObject): NamespaceFact => ({
  name: metadata.name,
  annotations: metadata.annotations ?? {},
  labels: metadata.labels ?? {},
});

export const serviceAccountFact = ({ metadata }: KubeObject): ServiceAccountFact => ({
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  annotations: metadata.annotations ?? {},
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

// The chain of one live role: the identities of the nodes, what those may do, and the workloads that are
// annotated with it. What cannot be read is unknown, with the reason.
import type { Aws } from '../aws/aws.ts';
import { gatherOwnSides } from '../aws/gather-trust.ts';
import { foreignProxies } from '../checks/IN010.ts';
import { workloadsWithRole } from '../checks/shared.ts';
import { nodeRoleArn } from '../checks/TP018.ts';
import type { Kube } from '../cluster/kube.ts';
import { parseRoleArn } from '../model/arn.ts';
import { Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { type Fact, known, type OwnSide, type Snapshot, unknownFact } from '../model/snapshot.ts';
import { gatherSnapshot } from './gather.ts';
import { findNodeRoles } from './node-roles.ts';

export interface LiveChain {
  nodeIdentities: Fact<string[]>;
  /** Annotated with the role; null: nobody was to look. */
  workloads: Fact<string[]> | null;
  /** Whether anything hands roles out in the cluster, pod-iam or another proxy; null: it is not known. */
  isServed: boolean | null;
  /** `namespace/name` of the service accounts that are annotated with the role for IRSA. */
  serviceAccounts: string[];
  /** By node identity. */
  ownSides: ReadonlyMap<string, Fact<OwnSide>>;
}

export interface ChainSources {
  /** Null: without a cluster. A Problem is why there is none. */
  kube: Kube | Problem | null;
  aws: Aws;
  /** Those that were named. */
  nodeRoles: readonly string[];
  systemNamespace: string;
  progress: Progress;
}

/** Never throws a Problem. @param role its ARN, or as much of it as is known */
export async function readChain(role: string, sources: ChainSources): Promise<LiveChain> {
  const { kube, nodeRoles } = sources;
  const snapshot = await readSnapshot(sources);
  const isHere = (arn: string): boolean => arn === role || arn.endsWith(`:role/${role.replace(/^\//, '')}`);
  const nodeIdentities =
    nodeRoles.length > 0 ? known([...nodeRoles], '--node-role') : await identitiesOf(snapshot, sources);
  const target = parseRoleArn(role);
  return {
    nodeIdentities,
    workloads: kube === null ? null : workloadsOf(snapshot, role, isHere),
    isServed: snapshot instanceof Problem || snapshot === null ? null : isServed(snapshot),
    serviceAccounts:
      snapshot instanceof Problem || snapshot === null ? [] : serviceAccountsOf(snapshot, isHere),
    ownSides:
      nodeIdentities.state === 'known' && target !== null
        ? await gatherOwnSides(sources.aws, nodeIdentities.value, target.arn)
        : new Map(),
  };
}

async function readSnapshot(sources: ChainSources): Promise<Snapshot | Problem | null> {
  const { kube } = sources;
  if (kube === null || kube instanceof Problem) return kube;
  try {
    return await gatherSnapshot({
      ...{ ...sources, kube, audits: false, files: [], selection: { namespace: null } },
      probe: { region: null },
    });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function workloadsOf(
  snapshot: Snapshot | Problem | null,
  role: string,
  isHere: (arn: string) => boolean,
): Fact<string[]> | null {
  if (snapshot === null) return null;
  if (snapshot instanceof Problem) return unreadCluster(snapshot);
  const { workloads } = snapshot;
  if (workloads.state === 'unknown') return workloads;
  const { settings } = snapshot;
  // A bare name means a role of the account that is asked about, until a proxy says otherwise.
  const { partition, account } = parseRoleArn(role) ?? { partition: 'aws', account: '000000000000' };
  const baseRoleArn = settings.baseRoleArn ?? `arn:${partition}:iam::${account}:role/`;
  const named = workloadsWithRole({ ...snapshot, settings: { ...settings, baseRoleArn } });
  const annotated = named.filter(({ role: wanted }) => isHere(wanted.arn));
  return known(
    annotated.map(({ workload }) => workload.id),
    workloads.from,
  );
}

function isServed(snapshot: Snapshot): boolean | null {
  const { proxy } = snapshot;
  if (proxy.state === 'unknown') return null;
  return proxy.value !== null || foreignProxies(snapshot).length > 0;
}

function serviceAccountsOf({ serviceAccounts }: Snapshot, isHere: (arn: string) => boolean): string[] {
  if (serviceAccounts.state === 'unknown') return [];
  return serviceAccounts.value
    .filter(({ annotations }) => isHere(annotations['eks.amazonaws.com/role-arn'] ?? ''))
    .map(({ namespace, name }) => `${namespace}/${name}`);
}

async function identitiesOf(
  snapshot: Snapshot | Problem | null,
  { kube, aws, systemNamespace }: ChainSources,
): Promise<Fact<string[]>> {
  if (snapshot === null || kube === null || kube instanceof Problem)
    return kube instanceof Problem
      ? unreadCluster(kube)
      : unknownFact('no cluster was asked', 'ask the cluster');
  if (snapshot instanceof Problem) return unreadCluster(snapshot);
  const { nodeIdentities } = snapshot;
  if (nodeIdentities.state === 'known')
    return known(
      [...new Set(nodeIdentities.value.map((identity) => nodeRoleArn(identity, snapshot)))],
      nodeIdentities.from,
    );
  try {
    const { arns, from, notes } = await findNodeRoles({ kube, aws, systemNamespace });
    return arns.length > 0 ? known(arns, from) : unknownFact(notes.join('; '), 'find the roles of the nodes');
  } catch (error) {
    if (error instanceof Problem) return unreadCluster(error);
    throw error;
  }
}

const unreadCluster = (problem: Problem): Fact<never> => unknownFact(problem.message, 'ask the cluster');

// Which identities the nodes of a cluster have, by the first of four sources that tells: the running
// daemons, the instance profiles of the nodes, the ConfigMap aws-auth, and the access entries of EKS.
import type { Aws } from '../aws/aws.ts';
import { gatherInstances, gatherProfileRoles } from '../aws/gather-instances.ts';
import { rolesOfAwsAuth } from '../cluster/facts/aws-auth.ts';
import { nodeFact } from '../cluster/facts/node.ts';
import { gatherProxy } from '../cluster/facts/proxy.ts';
import type { Kube } from '../cluster/kube.ts';
import { parseArn, parseSessionArn } from '../model/arn.ts';
import { canBeNamed } from '../model/evaluate/caller.ts';
import { Problem } from '../model/problem.ts';
import type { NodeFact } from '../model/snapshot.ts';

export interface NodeRoleSources {
  kube: Kube;
  /** Null: not asked. */
  aws: Aws | null;
  systemNamespace: string;
}

export interface FoundNodeRoles {
  /** ARNs of roles, of users, or of sessions whose role could not be read; empty when no source tells. */
  arns: string[];
  /** What told them, to be put in brackets; empty when nothing did. */
  from: string;
  /** Why the sources before that told nothing, one line each. */
  notes: string[];
}

type Source = (sources: NodeRoleSources, notes: string[]) => Promise<string[]>;

const SOURCES: readonly [from: string, source: Source][] = [
  ['told by the running daemons', ofDaemons],
  ['the roles in the instance profiles of the nodes', ofInstances],
  ['ConfigMap kube-system/aws-auth', ({ kube }) => rolesOfAwsAuth(kube)],
  ['the access entries of the EKS cluster', ofAccessEntries],
];

/** @throws Problem only when the cluster cannot be reached at all */
export async function findNodeRoles(sources: NodeRoleSources): Promise<FoundNodeRoles> {
  await sources.kube.version();
  const notes: string[] = [];
  for (const [from, source] of SOURCES) {
    const arns = await source(sources, notes).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      notes.push(`${from}: ${error.message}${error.why ? `: ${error.why}` : ''}`);
      return [];
    });
    if (arns.length > 0) return { arns: [...new Set(arns)].sort(), from, notes };
  }
  return { arns: [], from: '', notes };
}

async function ofDaemons(
  { kube, aws, systemNamespace }: NodeRoleSources,
  notes: string[],
): Promise<string[]> {
  const { nodeIdentities } = await gatherProxy(kube, systemNamespace);
  if (nodeIdentities.state === 'unknown') {
    notes.push(`the running daemons: ${nodeIdentities.why}`);
    return [];
  }
  const usable = nodeIdentities.value.filter(canBeNamed);
  if (usable.length === 0)
    notes.push(`the running daemons are ${nodeIdentities.value.join(', ')}, which no policy can name`);
  return Promise.all(usable.map((arn) => withPath(aws, arn)));
}

/** A session has lost its role's path, and IAM knows it. */
async function withPath(aws: Aws | null, arn: string): Promise<string> {
  const session = parseSessionArn(arn);
  if (session === null || aws === null) return arn;
  try {
    const role = await aws.role(session.roleName);
    return role !== null && parseArn(role.arn)?.account === session.account ? role.arn : arn;
  } catch (error) {
    if (error instanceof Problem) return arn;
    throw error;
  }
}

async function ofInstances({ kube, aws }: NodeRoleSources, notes: string[]): Promise<string[]> {
  if (aws === null) return [];
  const instances = await gatherInstances(aws, await readNodes(kube));
  if (instances.state === 'unknown') {
    notes.push(`the instances of the nodes: ${instances.why}`);
    return [];
  }
  if (instances.value.length === 0) {
    notes.push(
      `the instances of the nodes: ${instances.from === 'ec2:DescribeInstances' ? 'EC2 knows none of them for these credentials' : instances.from}`,
    );
    return [];
  }
  const roles = await gatherProfileRoles(aws, instances.value);
  if (roles.state === 'known' && roles.value.length > 0) return roles.value;
  notes.push(
    `the instance profiles of the nodes: ${roles.state === 'unknown' ? roles.why : 'they hold no role'}`,
  );
  return [];
}

async function ofAccessEntries({ kube, aws }: NodeRoleSources, notes: string[]): Promise<string[]> {
  if (aws === null) return [];
  const cluster = eksCluster(kube, await readNodes(kube));
  if (cluster === null) {
    notes.push('the access entries: the kubeconfig does not tell the name of an EKS cluster');
    return [];
  }
  return aws.nodeAccessEntries(cluster);
}

const readNodes = async (kube: Kube): Promise<NodeFact[]> => (await kube.list('v1', 'Node')).map(nodeFact);

/** As `aws eks update-kubeconfig` and eksctl name clusters. */
function eksCluster({ context }: Kube, nodes: readonly NodeFact[]): { name: string; region: string } | null {
  for (const text of [context.cluster, context.name]) {
    const arn = parseArn(text);
    if (arn?.service === 'eks' && arn.resource.startsWith('cluster/'))
      return { name: arn.resource.slice('cluster/'.length), region: arn.region };
    const [, name, region] = /^(?:.*@)?([\w-]+)\.([a-z0-9-]+)\.eksctl\.io$/.exec(text) ?? [];
    if (name !== undefined && region !== undefined) return { name, region };
  }
  for (const { labels } of nodes) {
    const name = labels['alpha.eksctl.io/cluster-name'];
    const region = labels['topology.kubernetes.io/region'];
    if (name !== undefined && region !== undefined) return { name, region };
  }
  return null;
}

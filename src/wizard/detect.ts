// Looks at the cluster and at AWS for what the wizard would otherwise have to ask. Reads only, and what
// may not be read becomes a note.
import type { Aws } from '../aws/aws.ts';
import { gatherCluster } from '../cluster/gather.ts';
import type { Kube } from '../cluster/kube.ts';
import { ROLE_KEY, readRoleAnnotation } from '../model/annotations.ts';
import { isAccountId, parseArn, parseRoleArn } from '../model/arn.ts';
import { Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { knownOr, type NodeFact, type WorkloadFact } from '../model/snapshot.ts';
import { detectNodeRoles } from './detect-node-roles.ts';
import { detectPeers } from './detect-peers.ts';
import type { AnnotatedRole, Detected, Found } from './detected.ts';

export interface DetectOptions {
  kube: Kube | null;
  aws: Aws | null;
  systemNamespace: string;
  /** Annotation keys when they are not the usual ones. */
  roleKey?: string | undefined;
  externalIdKey?: string | undefined;
  progress: Progress;
}

/** Throws only when the cluster cannot be reached at all. */
export async function detect(options: DetectOptions): Promise<Detected> {
  const notes: string[] = [];
  const inCluster = options.kube === null ? null : await detectCluster(options.kube, options, notes);
  if (options.aws !== null) options.progress.step('asking AWS who you are');
  const caller = await detectCaller(options.aws, notes);
  options.progress.end();
  return {
    cluster: inCluster?.cluster ?? null,
    isEks: inCluster?.isEks ?? false,
    modes: inCluster?.modes ?? [],
    baseRoleArn: baseOf(inCluster?.nodeRoles ?? null, inCluster?.roles ?? [], caller),
    nodeRoles: inCluster?.nodeRoles ?? null,
    region: inCluster?.region ?? regionOfAws(options.aws),
    roles: inCluster?.roles ?? [],
    peerFlags: inCluster?.peerFlags ?? null,
    notes,
  };
}

async function detectCluster(kube: Kube, options: DetectOptions, notes: string[]) {
  options.progress.step(`reading cluster ${kube.context.name}`);
  const version = await kube.version();
  const facts = await gatherCluster(kube, { systemNamespace: options.systemNamespace });
  for (const fact of [facts.nodes, facts.workloads])
    if (fact.state === 'unknown') notes.push(`${fact.from}: ${fact.why}`);
  const nodes = knownOr(facts.nodes, []);
  const workloads = knownOr(facts.workloads, []);
  const accounts = knownOr(facts.serviceAccounts, []);
  const peers = await detectPeers(kube, accounts, facts.proxy, notes);
  const roleKey = options.roleKey ?? stringOf(peers.flags?.value['iam-role-key']) ?? ROLE_KEY;
  const externalIdKey = options.externalIdKey ?? stringOf(peers.flags?.value['iam-external-id']);
  return {
    cluster: `${kube.context.name} (${kube.context.server}, ${version})`,
    isEks: /-eks-/.test(version) || /\.eks\.amazonaws\.com/.test(kube.context.server),
    modes: peers.modes,
    nodeRoles: await detectNodeRoles(kube, facts.nodeIdentities, notes),
    region: regionOf(nodes),
    roles: annotatedRoles(workloads, roleKey, externalIdKey ?? 'iam.amazonaws.com/external-id'),
    peerFlags: peers.flags,
  };
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

async function detectCaller(aws: Aws | null, notes: string[]): Promise<Found<{ arn: string }> | null> {
  if (aws === null) return null;
  try {
    const { arn, account } = await aws.caller();
    return { value: { arn }, from: `account ${account} of your AWS credentials` };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notes.push(error.message);
    return null;
  }
}

/** Nodes, then annotated ARNs, then whoever asks: roles are mostly in the account of the nodes. */
function baseOf(
  nodeRoles: Found<string[]> | null,
  roles: readonly AnnotatedRole[],
  caller: Found<{ arn: string }> | null,
): Found<string> | null {
  const candidates: Found<string[]>[] = [
    { value: nodeRoles?.value ?? [], from: 'account of the node role' },
    { value: roles.map(({ value }) => value).filter(parseRoleArn), from: 'account of the annotated ARNs' },
    { value: caller ? [caller.value.arn] : [], from: caller?.from ?? '' },
  ];
  for (const { value, from } of candidates) {
    const bases = new Set(value.map(baseOfArn).filter((base) => base !== null));
    if (bases.size === 1) return { value: [...bases][0]!, from };
  }
  return null;
}

function baseOfArn(text: string): string | null {
  const arn = parseArn(text);
  return arn && isAccountId(arn.account) ? `arn:${arn.partition}:iam::${arn.account}:role/` : null;
}

/** The one region of all nodes. */
function regionOf(nodes: readonly NodeFact[]): Found<string> | null {
  const regions = new Set(nodes.map(({ labels }) => labels['topology.kubernetes.io/region']).filter(Boolean));
  return regions.size === 1 ? { value: [...regions][0]!, from: 'label of the nodes' } : null;
}

const regionOfAws = (aws: Aws | null): Found<string> | null =>
  aws?.region ? { value: aws.region, from: 'your AWS configuration' } : null;

function annotatedRoles(
  workloads: readonly WorkloadFact[],
  roleKey: string,
  externalIdKey: string,
): AnnotatedRole[] {
  const roles = new Map<string, AnnotatedRole>();
  for (const { id, template } of workloads) {
    const annotation = readRoleAnnotation(template.annotations, roleKey);
    if (annotation.state !== 'set') continue;
    const role = roles.get(annotation.value) ?? { value: annotation.value, externalIds: [], workloads: [] };
    role.externalIds.push(template.annotations[externalIdKey] ?? null);
    role.workloads.push(id);
    roles.set(annotation.value, role);
  }
  return [...roles.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
}

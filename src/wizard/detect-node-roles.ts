// The role that the nodes carry, as far as the cluster knows it.
import type { Kube } from '../cluster/kube.ts';
import { parseRoleArn } from '../model/arn.ts';
import { parseCaller } from '../model/evaluate/caller.ts';
import { Problem } from '../model/problem.ts';
import type { Fact } from '../model/snapshot.ts';
import type { Found } from './detected.ts';

/** The daemons know best; a cluster of EKS names the roles of its nodes in a ConfigMap. */
export async function detectNodeRoles(
  kube: Kube,
  identities: Fact<string[]>,
  notes: string[],
): Promise<Found<string[]> | null> {
  const told = identities.state === 'known' ? identities.value : [];
  const usable = told.filter(isIdentity);
  for (const arn of told)
    if (!isIdentity(arn)) notes.push(`the node role: the daemons are ${arn}, which no policy can name`);
  if (usable.length > 0) return { value: usable, from: 'told by the running daemons' };
  const roles = await rolesOfAwsAuth(kube, notes);
  return roles.length > 0 ? { value: roles, from: 'ConfigMap kube-system/aws-auth' } : null;
}

const isIdentity = (arn: string): boolean =>
  ['role', 'user', 'session'].includes(parseCaller(arn)?.kind ?? '');

// https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
async function rolesOfAwsAuth(kube: Kube, notes: string[]): Promise<string[]> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'aws-auth' };
  try {
    const data = (await kube.read(ref))?.data as { mapRoles?: string } | undefined;
    return data?.mapRoles === undefined ? [] : nodeRolesIn(data.mapRoles);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notes.push(`the node role: ${error.message}`);
    return [];
  }
}

/** @param text YAML: a list of `{rolearn, username, groups}`; those of the group system:nodes count */
export async function nodeRolesIn(text: string): Promise<string[]> {
  const { parse } = await import('yaml');
  let list: unknown;
  try {
    list = parse(text);
  } catch {
    return [];
  }
  const entries = Array.isArray(list) ? (list as { rolearn?: unknown; groups?: unknown }[]) : [];
  const roles = entries
    .filter(({ groups }) => Array.isArray(groups) && groups.includes('system:nodes'))
    .map(({ rolearn }) => rolearn)
    .filter((arn): arn is string => typeof arn === 'string' && parseRoleArn(arn) !== null);
  return [...new Set(roles)];
}

// The role that the nodes carry, as far as the cluster knows it.
import { rolesOfAwsAuth } from '../cluster/facts/aws-auth.ts';
import type { Kube } from '../cluster/kube.ts';
import { canBeNamed } from '../model/evaluate/caller.ts';
import { Problem } from '../model/problem.ts';
import { type Fact, knownOr } from '../model/snapshot.ts';
import type { Found } from './detected.ts';

/** The daemons know best; a cluster of EKS names the roles of its nodes in a ConfigMap. */
export async function detectNodeRoles(
  kube: Kube,
  identities: Fact<string[]>,
  notes: string[],
): Promise<Found<string[]> | null> {
  const told = knownOr(identities, []);
  const usable = told.filter(canBeNamed);
  for (const arn of told)
    if (!canBeNamed(arn)) notes.push(`the node role: the daemons are ${arn}, which no policy can name`);
  if (usable.length > 0) return { value: usable, from: 'told by the running daemons' };
  const roles = await readAwsAuth(kube, notes);
  return roles.length > 0 ? { value: roles, from: 'ConfigMap kube-system/aws-auth' } : null;
}

async function readAwsAuth(kube: Kube, notes: string[]): Promise<string[]> {
  try {
    return await rolesOfAwsAuth(kube);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notes.push(`the node role: ${error.message}`);
    return [];
  }
}

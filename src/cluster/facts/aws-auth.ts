// The roles of nodes that a cluster of EKS names in a ConfigMap of its own.
// https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
import { parseRoleArn } from '../../model/arn.ts';
import type { Kube } from '../kube.ts';

/** Empty where there is no such ConfigMap. Throws as `kube.read` does. */
export async function rolesOfAwsAuth(kube: Kube): Promise<string[]> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'aws-auth' };
  const data = (await kube.read(ref))?.data as { mapRoles?: string } | undefined;
  return data?.mapRoles === undefined ? [] : nodeRolesIn(data.mapRoles);
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

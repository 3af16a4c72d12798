// What EC2 knows of the nodes that are its instances, and the roles in their instance profiles.
import { instanceOf } from '../model/instance.ts';
import { Problem } from '../model/problem.ts';
import { type Fact, type InstanceFact, known, type NodeFact, unknownFact } from '../model/snapshot.ts';
import type { Aws } from './aws.ts';
import { grantFor } from './errors.ts';

const from = 'ec2:DescribeInstances';

/** Never throws a Problem. */
export async function gatherInstances(aws: Aws, nodes: readonly NodeFact[]): Promise<Fact<InstanceFact[]>> {
  const byRegion = new Map<string, string[]>();
  for (const instance of nodes.map(instanceOf)) {
    if (instance === null) continue;
    byRegion.set(instance.region, [...(byRegion.get(instance.region) ?? []), instance.id]);
  }
  if (byRegion.size === 0) return known([], 'no node is an EC2 instance');
  try {
    const lists = await Promise.all([...byRegion].map(([region, ids]) => aws.instances(region, ids)));
    return known(lists.flat(), from);
  } catch (error) {
    return unread(error, from, '*');
  }
}

/** The roles in the instances' profiles, each once, sorted. Never throws a Problem. */
export async function gatherProfileRoles(
  aws: Aws,
  instances: readonly InstanceFact[],
): Promise<Fact<string[]>> {
  const profiles = [...new Set(instances.flatMap(({ profile }) => profile ?? []))];
  try {
    const roles = await Promise.all(
      profiles.map((arn) => aws.profileRole(arn.slice(arn.lastIndexOf('/') + 1))),
    );
    return known([...new Set(roles.filter((role) => role !== null))].sort(), 'iam:GetInstanceProfile');
  } catch (error) {
    return unread(error, 'iam:GetInstanceProfile', profiles.length === 1 ? profiles[0]! : '*');
  }
}

function unread(error: unknown, action: string, resource: string): Fact<never> {
  if (!(error instanceof Problem)) throw error;
  const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`;
  const grant = error.code === 'AWS_DENIED' ? grantFor({ action, subject: null, resource }) : null;
  return unknownFact(why, action, grant);
}

// The identities that a change is to let in, by the ARN that IAM knows them by: a session has lost its
// role's path, and IAM refuses to save a principal that does not exist under exactly the ARN given.
import { parseRoleArn, type RoleArn } from '../model/arn.ts';
import { nearestName } from '../model/nearest.ts';
import { Problem, usageProblem } from '../model/problem.ts';
import { readNodeIdentity } from './identity.ts';
import type { Roles } from './live-role.ts';

/**
 * Turns sessions into their roles, with the path. Only roles of the account that is asked can be looked up;
 * what IAM does not let be read stays as it is, for IAM to judge.
 * @throws usage Problem NO_NODE_ROLE for a role that is not there, with the ARN that is
 */
export function asIamKnowsThem(
  aws: Roles,
  identities: readonly string[],
  target: RoleArn | null,
): Promise<string[]> {
  return Promise.all(identities.map((identity) => asIamKnowsIt(aws, identity, target)));
}

async function asIamKnowsIt(aws: Roles, identity: string, target: RoleArn | null): Promise<string> {
  const { principal, account, isPathLost } = readNodeIdentity(identity);
  const asked = parseRoleArn(principal);
  if (asked === null || account !== target?.account) return identity;
  const found = await aws.role(asked.name).catch((error: unknown) => {
    if (error instanceof Problem) return undefined;
    throw error;
  });
  if (found === undefined) return identity;
  if (found !== null && (isPathLost || found.arn === asked.arn)) return found.arn;
  const near = found?.arn ?? nearestName(asked.name, await aws.roleNames().catch(() => []));
  throw usageProblem({
    code: 'NO_NODE_ROLE',
    what: `there is no role ${asked.arn} to let in`,
    why: 'IAM refuses to save a document that names a role which does not exist ("Invalid principal in policy"); path and case are part of its ARN',
    next: near === null ? 'create it first, or name the one that is meant' : `did you mean ${near}?`,
  });
}

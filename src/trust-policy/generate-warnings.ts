// What the reader of a generated trust policy should know beside it.
import type { RoleArn } from '../model/arn.ts';
import type { TrustOptions } from './generate.ts';
import { readNodeIdentity } from './identity.ts';

/** One sentence each. @param role the role that the policy is for */
export function warningsOn(options: TrustOptions, role: RoleArn): string[] {
  if (options.mode !== 'proxy') return [];
  if (options.nodeIdentities.length === 0) {
    return [
      `the policy trusts the whole account ${options.account}, and each of its identities then needs a policy of its own that allows sts:AssumeRole; --node-role ARN is narrower, and --cluster finds it`,
    ];
  }
  const isAccountKnown = Boolean(options.account);
  return options.nodeIdentities.map(readNodeIdentity).flatMap((identity) => {
    const warnings: string[] = [];
    if (identity.isPathLost)
      warnings.push(
        `${identity.text} is a session, and does not tell whether its role has a path: compare with aws iam get-role --role-name ${identity.principal.split('/').at(-1)}`,
      );
    if (
      identity.principal === role.arn ||
      (!isAccountKnown && identity.principal.endsWith(`:role${role.path}${role.name}`))
    )
      warnings.push(
        `${identity.principal} is both the role and the identity of the nodes: pods would get the node's own power`,
      );
    if (isAccountKnown && identity.account !== role.account)
      warnings.push(
        `${identity.principal} is of another account than the role, so its own policy must allow sts:AssumeRole on ${role.arn}, too`,
      );
    return warnings;
  });
}

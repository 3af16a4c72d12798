// The AWS account of the sandbox: the role that the nodes carry, one role for each workload of the
// shop, and an operator. One trust policy is wrong in the way that is met most often.
import { type AwsState, allowing, buildAws, trusting, trustingEc2 } from './aws/index.ts';

export const ACCOUNT = '210987654321';
export const REGION = 'eu-central-1';
export const BASE_ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/`;
/** The nodes' own role ("gold"): it may assume the others, and nothing else. */
export const NODE_ROLE = 'node';
/** The role of the nodes that were replaced: it still exists, and no node carries it. */
export const OLD_NODE_ROLE = 'node-2024';
export const RIGHT_ROLES = ['blue', 'red', 'green'] as const;
/** Its trust policy names the old nodes' role. */
export const BROKEN_ROLE = 'amber';

export interface SandboxAccount {
  state: AwsState;
  operator: { arn: string; key: { id: string; secret: string } };
}

export function sandboxAccount(): SandboxAccount {
  const { state, role, user } = buildAws(ACCOUNT);
  // Each role by its name, and no `*`: as `pod-iam init` writes it.
  const names = [...RIGHT_ROLES, BROKEN_ROLE];
  const assuming = allowing(
    'sts:AssumeRole',
    names.map((name) => `${BASE_ROLE_ARN}${name}`),
  );
  const node = role(NODE_ROLE, { trust: trustingEc2(), policy: assuming });
  const oldNode = role(OLD_NODE_ROLE, { trust: trustingEc2(), policy: assuming });
  for (const name of RIGHT_ROLES) role(name, { trust: trusting(node.arn), policy: allowing('s3:GetObject') });
  role(BROKEN_ROLE, { trust: trusting(oldNode.arn), policy: allowing('s3:GetObject') });
  const operator = user('operator', {
    policy: allowing([
      ...['iam:GetRole', 'iam:ListRoles', 'iam:UpdateAssumeRolePolicy'],
      // What the doctor's look at the node role and at those who are named takes besides.
      ...['iam:GetUser', 'iam:SimulatePrincipalPolicy', 'iam:ListRolePolicies', 'iam:GetRolePolicy'],
      ...['iam:ListAttachedRolePolicies', 'iam:GetPolicy', 'iam:GetPolicyVersion'],
      ...['iam:ListOpenIDConnectProviders', 'iam:GetOpenIDConnectProvider', 'iam:GetAccountSummary'],
      ...['iam:GetInstanceProfile', 'ec2:DescribeInstances'],
    ]),
  });
  return { state, operator };
}

// The face of AWS that all other folders see. aws/clients.ts implements it with the AWS SDK, and is
// the only door to it outside the daemon.
import type {
  InstanceFact,
  OidcProviderFact,
  PolicyFact,
  RoleFact,
  SimulatedCall,
} from '../model/snapshot.ts';

/**
 * Every call throws a Problem of kind `environment` (codes NO_AWS_CREDENTIALS, AWS_DENIED, AWS_UNREACHABLE, AWS_API)
 * that names the call, the missing IAM action and the request id.
 */
export interface Aws {
  readonly region: string | null;
  /** sts:GetCallerIdentity, which no policy can deny. */
  caller(): Promise<{ arn: string; account: string }>;
  /** iam:GetRole by name (case-insensitive, path unknown); null when it does not exist. */
  role(name: string): Promise<RoleFact | null>;
  /** iam:ListRoles, all pages, with the trust policies. */
  roles(): Promise<RoleFact[]>;
  /** iam:ListRoles, all pages, names only. */
  roleNames(): Promise<string[]>;
  /** iam:GetUser by name: its ARN, with its path; null when it does not exist. */
  user(name: string): Promise<{ arn: string } | null>;
  /** iam:ListOpenIDConnectProviders, and iam:GetOpenIDConnectProvider of each. */
  oidcProviders(): Promise<OidcProviderFact[]>;
  /** The documents of all policies of a role: its inline ones, and the default version of its managed ones. */
  rolePolicies(name: string): Promise<PolicyFact[]>;
  /**
   * iam:SimulatePrincipalPolicy: what the policies, the boundary and the organisation of a role say.
   * Trust policies are no part of it.
   */
  simulate(
    roleArn: string,
    actions: readonly string[],
    resources: readonly string[],
  ): Promise<SimulatedCall[]>;
  /** ec2:DescribeInstances: those of the ids that the account has. */
  instances(region: string, ids: readonly string[]): Promise<InstanceFact[]>;
  /**
   * eks:ListAccessEntries, and eks:DescribeAccessEntry of each: the roles that nodes join the cluster with.
   */
  nodeAccessEntries(cluster: { name: string; region: string }): Promise<string[]>;
  /** iam:GetInstanceProfile by name: the ARN of its role; null when there is no profile, or no role in it. */
  profileRole(name: string): Promise<string | null>;
  /** iam:GetAccountSummary: the quota on a trust policy, in characters without white space; null when it is not told. */
  trustPolicyQuota(): Promise<number | null>;
  /**
   * sts:AssumeRole for the shortest session there is; its keys are thrown away. A refusal is an answer.
   */
  tryRole(roleArn: string, externalId: string | null): Promise<RoleTrial>;
  /** iam:UpdateAssumeRolePolicy. */
  updateTrustPolicy(roleName: string, document: string): Promise<void>;
}

/** `session` is the ARN that STS gave the caller; `refused` is what STS said. */
export type RoleTrial = { session: string } | { refused: string };

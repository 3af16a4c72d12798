// The face of AWS that all other folders see. aws/clients.ts implements it with the AWS SDK, and is
// the only door to it outside the daemon.
import type { RoleFact } from '../model/snapshot.ts';

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
  /** iam:ListRoles, all pages, names only. */
  roleNames(): Promise<string[]>;
  /** iam:UpdateAssumeRolePolicy. */
  updateTrustPolicy(roleName: string, document: string): Promise<void>;
}

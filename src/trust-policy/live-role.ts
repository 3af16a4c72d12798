// A role of the account, by however it is called.
import { parseRoleArn } from '../model/arn.ts';
import { nearestName } from '../model/nearest.ts';
import { type Problem, usageProblem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';

/** What is asked of IAM of roles; the Problems of the calls pass through. */
export interface Roles {
  /** Null when there is none of this name. */
  role(name: string): Promise<RoleFact | null>;
  roleNames(): Promise<string[]>;
  trustPolicyQuota(): Promise<number | null>;
  updateTrustPolicy(roleName: string, document: string): Promise<void>;
}

/** @param text name, path/name or ARN. @throws Problem of kind usage for a role that the account has not */
export async function readRole(aws: Roles, text: string): Promise<RoleFact> {
  const arn = text.startsWith('arn:') ? parseRoleArn(text) : null;
  if (text.startsWith('arn:') && !arn)
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `"${text}" is no role ARN`,
      next: 'write it in full, such as arn:aws:iam::111122223333:role/NAME, or give the name alone',
    });
  const name = arn?.name ?? text.slice(text.lastIndexOf('/') + 1);
  const role = await aws.role(name);
  if (role === null) throw await noRole(aws, name);
  const isOtherPath = text.includes('/') && !role.arn.endsWith(`:role/${text.replace(/^\/+/, '')}`);
  if (arn ? role.arn !== arn.arn : isOtherPath) {
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `there is no role ${arn?.arn ?? text} here`,
      why: `the role ${name} of this account is ${role.arn}`,
      next: 'use that ARN, or the credentials of the right account (--profile)',
    });
  }
  return role;
}

/** IAM has the role, but gave no document that can be read. */
export const noTrustPolicy = (arn: string): Problem =>
  usageProblem({
    code: 'BAD_POLICY',
    what: `IAM gave no trust policy for ${arn}`,
    next: `aws iam get-role --role-name ${arn.slice(arn.lastIndexOf('/') + 1)}`,
  });

async function noRole(aws: Roles, name: string): Promise<Problem> {
  const names = await aws.roleNames().catch(() => []);
  const near = nearestName(name, names);
  return usageProblem({
    code: 'NO_ROLE',
    what: `there is no role ${name} in this account`,
    next:
      near === null
        ? 'aws iam list-roles, or the credentials of the right account (--profile)'
        : `did you mean ${near}?`,
  });
}

// A role of the account as facts, for commands that go on when it may not be read.
import { parseRoleArn, type RoleArn, resolveRole } from '../model/arn.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import { type Fact, known, type RoleFact, unknownFact } from '../model/snapshot.ts';
import { type Roles, readRole } from './live-role.ts';

export interface LiveRole {
  /** As it was asked for. */
  name: string;
  /** Null while nobody tells its account. */
  arn: RoleArn | null;
  fact: Fact<RoleFact>;
  policy: Fact<Policy>;
}

/**
 * @param aws.caller sts:GetCallerIdentity, to know the account of a bare name
 * @param grantOf what to grant so that the role may be read next time
 * @throws Problem of kind usage for a role that is not there
 */
export async function readLiveRole(
  aws: Roles & { caller(): Promise<{ arn: string; account: string }> },
  name: string,
  grantOf: (arn: RoleArn | null) => Extract<Fact<never>, { state: 'unknown' }>['grant'],
): Promise<LiveRole> {
  const from = 'iam:GetRole';
  try {
    const role = await readRole(aws, name);
    const { policy } = parsePolicy(role.trustPolicy);
    const unreadable = unknownFact('IAM gave no trust policy', from);
    return {
      ...{ name: role.name, arn: parseRoleArn(role.arn), fact: known(role, from) },
      policy: policy === null ? unreadable : known(policy, from),
    };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'environment') throw error;
    const arn = await arnOf(aws, name);
    const grant = error.code === 'AWS_DENIED' ? grantOf(arn) : null;
    const fact = unknownFact(error.message, from, grant);
    return { name, arn, fact, policy: fact };
  }
}

async function arnOf(
  aws: { caller(): Promise<{ arn: string; account: string }> },
  name: string,
): Promise<RoleArn | null> {
  if (name.startsWith('arn:')) return parseRoleArn(name);
  try {
    const { arn, account } = await aws.caller();
    const resolved = resolveRole(name, `arn:${arn.split(':')[1]}:iam::${account}:role/`);
    return resolved.ok ? resolved.role : null;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

// The AWS part of a snapshot: who we are, and the roles that the workloads name. What cannot be read
// becomes an unknown fact with the reason, so that one denied call does not cost the others.
import pLimit from 'p-limit';
import { parseArn, parseRoleArn, type RoleArn } from '../model/arn.ts';
import { Problem } from '../model/problem.ts';
import {
  type AwsFacts,
  type Fact,
  type Grant,
  known,
  type NodeFact,
  noAwsFacts,
  type RoleFact,
  unknownFact,
} from '../model/snapshot.ts';
import type { Aws } from './aws.ts';
import { type AwsCall, grantFor } from './errors.ts';
import { gatherInstances } from './gather-instances.ts';
import { documentsOf, gatherNamed, gatherNodeRoles } from './gather-trust.ts';

// IAM's reading calls are throttled per account; more at once would only be told to wait.
const concurrency = 6;

type Caller = AwsFacts['caller'];

/**
 * Reads all facts; never throws a Problem.
 *
 * IAM looks roles up by name alone, ignoring case and path, but STS and policies compare the whole
 * ARN. So a role that is found under another ARN counts as not existing (null) under the ARN asked
 * for, and is kept under its own: a reader that finds null looks there for the same name.
 * @param aws null when AWS is not to be asked
 * @param roleArns the roles that pods are to have
 * `audits` asks as well whom trust policies name, what the roles of the daemons may do, and EC2 of the nodes.
 * @param nodeRoleArns the roles that the daemons run as; of a session without the path, which it has lost
 */
export async function gatherAws(
  aws: Aws | null,
  roleArns: readonly string[],
  nodeRoleArns: readonly string[] = [],
  { audits, nodes = [] }: { audits: boolean; nodes?: readonly NodeFact[] } = { audits: true },
): Promise<AwsFacts> {
  const { caller, isNobody } = await gatherCaller(aws);
  const wanted = [...new Set([...roleArns, ...nodeRoleArns])];
  if (aws === null || caller.state === 'unknown') {
    const why = caller.state === 'unknown' ? caller.why : '';
    const grantOf = (arn: string): Grant | null => (isNobody ? credentialsFor(arn) : null);
    return {
      ...noAwsFacts(why),
      caller,
      roles: Object.fromEntries(wanted.map((arn) => [arn, unknownFact(why, 'iam:GetRole', grantOf(arn))])),
    };
  }

  const limit = pLimit(concurrency);
  const found = await Promise.all(wanted.map((arn) => limit(() => gatherRole(aws, arn, caller.value))));
  const roles: AwsFacts['roles'] = {};
  for (const { fact, under } of found) roles[under] ??= fact;
  for (const [index, arn] of wanted.entries()) {
    if (found[index]!.under !== arn) roles[arn] = known(null, 'iam:GetRole');
  }
  const roleNames = await gatherRoleNames(aws, roles, caller.value);
  if (!audits) return { ...noAwsFacts('it was not asked for'), caller, roles, roleNames };
  // Under the ARN that IAM knows it by: a session has lost its role's path.
  const ofNodes = found.filter(
    ({ fact }, index) =>
      nodeRoleArns.includes(wanted[index]!) && fact.state === 'known' && fact.value !== null,
  );
  const nodeArns = [...new Set(ofNodes.map(({ under }) => under))];
  return {
    caller,
    roles,
    roleNames,
    ...(await gatherNamed(aws, documentsOf(roles), caller.value, roles)),
    nodeRoles: await gatherNodeRoles(aws, nodeArns, [...new Set(roleArns)]),
    instances: await gatherInstances(aws, nodes),
  };
}

/** `isNobody`: there are no credentials to be somebody with. */
async function gatherCaller(aws: Aws | null): Promise<{ caller: Caller; isNobody: boolean }> {
  const from = 'sts:GetCallerIdentity';
  if (aws === null) return { caller: unknownFact('AWS was not asked', from), isNobody: false };
  try {
    return { caller: known(await aws.caller(), from), isNobody: false };
  } catch (error) {
    const isNobody = error instanceof Problem && error.code === 'NO_AWS_CREDENTIALS';
    return { caller: unknownFrom(error, from, null), isNobody };
  }
}

async function gatherRole(
  aws: Aws,
  arn: string,
  caller: { arn: string; account: string },
): Promise<{ fact: Fact<RoleFact | null>; under: string }> {
  const from = 'iam:GetRole';
  const asked = parseRoleArn(arn);
  if (!asked) return { fact: unknownFact('it is not the ARN of a role', from), under: arn };
  const call = callFor(asked);
  if (asked.account !== caller.account || asked.partition !== parseArn(caller.arn)?.partition) {
    const why = `the role belongs to another account (${asked.partition} ${asked.account}) than the credentials in use (${caller.account})`;
    return { fact: unknownFact(why, from, grantFor(call)), under: arn };
  }
  try {
    const role = await aws.role(asked.name);
    return { fact: known(role, from), under: role?.arn ?? arn };
  } catch (error) {
    return { fact: unknownFrom(error, from, call), under: arn };
  }
}

const callFor = ({ arn, partition, account }: RoleArn): AwsCall => ({
  action: 'iam:GetRole',
  subject: arn,
  resource: `arn:${partition}:iam::${account}:role/*`,
});

/** Where nobody is known at AWS, somebody has to be named before anything can be allowed. */
function credentialsFor(arn: string): Grant | null {
  const asked = parseRoleArn(arn);
  if (!asked) return null;
  const { needs, snippet } = grantFor(callFor(asked));
  return { needs: `${needs}, to AWS credentials given by --profile or the environment`, snippet };
}

/** Names are for "did you mean" alone, so they are read only when a role is missing. */
async function gatherRoleNames(
  aws: Aws,
  roles: AwsFacts['roles'],
  caller: { arn: string },
): Promise<Fact<string[]>> {
  const from = 'iam:ListRoles';
  const isMissing = (fact: Fact<RoleFact | null>): boolean => fact.state === 'known' && fact.value === null;
  if (!Object.values(roles).some(isMissing))
    return unknownFact('it was not needed: no role is missing', from);
  try {
    return known(await aws.roleNames(), from);
  } catch (error) {
    return unknownFrom(error, from, { action: from, subject: caller.arn, resource: '*' });
  }
}

/** @param call what to grant when the reason is a denial */
function unknownFrom(error: unknown, from: string, call: AwsCall | null): Fact<never> {
  if (!(error instanceof Problem)) throw error;
  const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`;
  return unknownFact(why, from, error.code === 'AWS_DENIED' && call ? grantFor(call) : null);
}

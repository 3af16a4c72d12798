// What IAM knows around the trust policies: whether those they name exist, the token issuers of the
// account, and what the roles that the daemons run as may do.
import pLimit from 'p-limit';
import { parseArn, parseRoleArn } from '../model/arn.ts';
import { ownSideOf } from '../model/own-side.ts';
import { type Policy, type Principal, parsePolicy } from '../model/policy.ts';
import { Problem } from '../model/problem.ts';
import {
  type AwsFacts,
  type Fact,
  known,
  type NodeRoleFact,
  type OwnSide,
  unknownFact,
} from '../model/snapshot.ts';
import type { Aws } from './aws.ts';
import { type AwsCall, grantFor } from './errors.ts';

/** A trust policy that names hundreds is another matter than a check of it. */
const mostPrincipals = 200;
const concurrency = 6;

type Roles = AwsFacts['roles'];

/** What IAM knows of those that trust policies name. Never throws a Problem. */
export async function gatherNamed(
  aws: Aws,
  documents: readonly string[],
  caller: { arn: string; account: string },
  roles: Roles = {},
): Promise<Pick<AwsFacts, 'principals' | 'oidcProviders'>> {
  const policies = documents.flatMap((text) => parsePolicy(text).policy ?? []);
  const [principals, oidcProviders] = await Promise.all([
    gatherPrincipals(aws, policies, caller, roles),
    gatherOidcProviders(aws, policies),
  ]);
  return { principals, oidcProviders };
}

/** The trust policies of the roles that were read. */
export const documentsOf = (roles: Roles): string[] =>
  Object.values(roles).flatMap((fact) =>
    fact.state === 'known' && fact.value ? [fact.value.trustPolicy] : [],
  );

/** Roles and users of the caller's own account. */
async function gatherPrincipals(
  aws: Aws,
  policies: readonly Policy[],
  caller: { arn: string; account: string },
  roles: Roles,
): Promise<AwsFacts['principals']> {
  const partition = parseArn(caller.arn)?.partition;
  const named = new Map<string, Principal>();
  for (const { principals } of policies.flatMap(({ statements }) => statements))
    for (const principal of principals) {
      const { names, text } = principal;
      if (names.kind !== 'role' && names.kind !== 'user') continue;
      if (names.account === caller.account && names.partition === partition) named.set(text, principal);
    }
  const limit = pLimit(concurrency);
  const facts = [...named]
    .slice(0, mostPrincipals)
    .map(([text, principal]) =>
      limit(
        async (): Promise<[string, Fact<string | null>]> => [
          text,
          await gatherPrincipal(aws, roles, principal),
        ],
      ),
    );
  return Object.fromEntries(await Promise.all(facts));
}

async function gatherPrincipal(
  aws: Aws,
  roles: Roles,
  { names, text }: Principal,
): Promise<Fact<string | null>> {
  const read = roles[text];
  if (read?.state === 'known' && read.value !== null) return known(read.value.arn, read.from);
  const name = text.slice(text.lastIndexOf('/') + 1);
  const from = names.kind === 'user' ? 'iam:GetUser' : 'iam:GetRole';
  try {
    const found = names.kind === 'user' ? await aws.user(name) : await aws.role(name);
    return known(found?.arn ?? null, from);
  } catch (error) {
    return unknownFrom(error, { action: from, subject: text, resource: text });
  }
}

/** Asked only where some trust policy names a token issuer. */
async function gatherOidcProviders(
  aws: Aws,
  policies: readonly Policy[],
): Promise<AwsFacts['oidcProviders']> {
  const from = 'iam:ListOpenIDConnectProviders';
  const isNamed = policies.some(({ statements }) =>
    statements.some(({ principals }) => principals.some(({ names }) => names.kind === 'oidc')),
  );
  if (!isNamed) return unknownFact('it was not needed: no trust policy names an OIDC provider', from);
  try {
    return known(await aws.oidcProviders(), from);
  } catch (error) {
    return unknownFrom(error, { action: from, subject: null, resource: '*' });
  }
}

/**
 * What each role of the daemons may do.
 * @param nodeRoles ARNs as IAM knows them, with their path
 * @param wanted ARNs of the roles that pods are to have
 */
export async function gatherNodeRoles(
  aws: Aws,
  nodeRoles: readonly string[],
  wanted: readonly string[],
): Promise<AwsFacts['nodeRoles']> {
  const facts = nodeRoles.map(async (arn): Promise<[string, NodeRoleFact]> => {
    const targets = wanted.filter((target) => target !== arn);
    return [arn, { policies: await policiesFact(aws, arn), assume: await assumeFact(aws, arn, targets) }];
  });
  return Object.fromEntries(await Promise.all(facts));
}

/**
 * What the own side of each role or user says of assuming one role. Never throws a Problem.
 * @param callers ARNs; those that IAM's simulator does not take are left out
 */
export async function gatherOwnSides(
  aws: Aws,
  callers: readonly string[],
  target: string,
): Promise<Map<string, Fact<OwnSide>>> {
  const simulable = callers.filter((arn) => /^arn:[^:]+:iam::\d{12}:(?:role|user)\//.test(arn));
  const sides = simulable.map(async (arn): Promise<[string, Fact<OwnSide>]> => {
    const targets = arn === target ? [] : [target];
    return [arn, ownSideOf(arn, await assumeFact(aws, arn, targets), target)];
  });
  return new Map(await Promise.all(sides));
}

async function policiesFact(aws: Aws, arn: string): Promise<NodeRoleFact['policies']> {
  const { name } = parseRoleArn(arn)!;
  try {
    return known(await aws.rolePolicies(name), 'iam:GetRolePolicy and iam:GetPolicyVersion');
  } catch (error) {
    return unknownFrom(error, { action: 'iam:ListRolePolicies', subject: arn, resource: arn });
  }
}

async function assumeFact(
  aws: Aws,
  arn: string,
  targets: readonly string[],
): Promise<NodeRoleFact['assume']> {
  const from = 'iam:SimulatePrincipalPolicy';
  if (targets.length === 0) return known([], 'no role is annotated');
  try {
    return known(await aws.simulate(arn, ['sts:AssumeRole'], targets), from);
  } catch (error) {
    return unknownFrom(error, { action: from, subject: arn, resource: arn });
  }
}

function unknownFrom(error: unknown, call: AwsCall): Fact<never> {
  if (!(error instanceof Problem)) throw error;
  const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`;
  return unknownFact(why, call.action, error.code === 'AWS_DENIED' ? grantFor(call) : null);
}

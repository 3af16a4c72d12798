// Puts what `trust-policy check` was asked and found into the records that other folders know.
import { isAccountId, parseRoleArn, type RoleArn } from '../model/arn.ts';
import type { Report, Result, Summary } from '../model/finding.ts';
import { usageProblem } from '../model/problem.ts';
import { readNodeIdentity } from './identity.ts';
import type { CheckOptions, LiveFacts } from './rule.ts';

export interface CheckWords {
  nodeRoles: readonly string[];
  account: string | null;
  /** ARN, or name when the account is given. */
  role: string | null;
  sizeQuota: number;
  /** That the pods send; empty for none; undefined when it is not said. */
  externalId?: string | undefined;
  sessionName?: string | undefined;
  live?: LiveFacts | null;
}

/** Throws a usage Problem for a word that cannot be meant. */
export function checkOptions(words: CheckWords): CheckOptions {
  const { nodeRoles, account, role, sizeQuota, externalId, sessionName, live = null } = words;
  if (account !== null && !isAccountId(account))
    throw usageProblem({
      code: 'BAD_ACCOUNT',
      what: `--account "${account}" is no account id`,
      why: 'it has 12 digits',
      next: '--account 111122223333',
    });
  const identities = nodeRoles.map(readNodeIdentity);
  const read = readRole(role, account ?? identities[0]?.account ?? null, identities[0]?.partition ?? 'aws');
  return {
    nodeIdentities: nodeRoles,
    account: account ?? read?.account ?? null,
    role: read,
    sizeQuota,
    ...(externalId !== undefined && { externalId: externalId === '' ? null : externalId }),
    sessionName: sessionName ?? null,
    live,
  };
}

function readRole(role: string | null, account: string | null, partition: string): RoleArn | null {
  if (role === null) return null;
  const arn = role.startsWith('arn:')
    ? role
    : account === null
      ? null
      : `arn:${partition}:iam::${account}:role/${role.replace(/^\//, '')}`;
  if (arn === null)
    throw usageProblem({
      code: 'BAD_ROLE',
      what: `--role "${role}" does not tell its account`,
      next: 'give its ARN, or --account',
    });
  const read = parseRoleArn(arn);
  if (read) return read;
  throw usageProblem({
    code: 'BAD_ROLE',
    what: `--role "${role}" is no role`,
    next: 'give its name, its path and name, or its ARN',
  });
}

export function reportOf(
  results: Result[],
  {
    version,
    account,
    startedAtMs,
    endedAtMs,
  }: { version: string; account: string | null; startedAtMs: number; endedAtMs: number },
): Report {
  const summary: Summary = { pass: 0, warn: 0, fail: 0, skip: 0, unknown: 0, suppressed: 0 };
  for (const { status } of results) summary[status]++;
  return {
    schemaVersion: 1,
    tool: { name: 'pod-iam', version },
    context: { cluster: null, mode: [], account },
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: endedAtMs - startedAtMs,
    complete: true,
    summary,
    results,
  };
}

// The words of `trust-policy simulate` as a request, and which of them cannot be meant.
import { parseSessionArn } from '../model/arn.ts';
import { parseCaller } from '../model/evaluate/caller.ts';
import type { TrustRequest } from '../model/evaluate.ts';
import { TRUST_ACTIONS } from '../model/policy/actions.ts';
import { usageProblem } from '../model/problem.ts';

/**
 * Reads `KEY=VALUE` pairs, the same key as often as it has values; throws a usage Problem (BAD_CONTEXT).
 * @param absent keys that the request is known not to have
 */
export function readContext(
  pairs: readonly string[],
  absent: readonly string[] = [],
): Record<string, string[]> {
  const context = new Map<string, { key: string; values: string[] }>();
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    const key = pair.slice(0, cut);
    if (cut < 1 || !key.includes(':'))
      throw usageProblem({
        code: 'BAD_CONTEXT',
        what: `--context "${pair}" is not KEY=VALUE`,
        next: 'write --context sts:ExternalId=VALUE',
      });
    const entry = context.get(key.toLowerCase()) ?? { key, values: [] };
    entry.values.push(pair.slice(cut + 1));
    context.set(key.toLowerCase(), entry);
  }
  for (const key of absent) {
    if (!/^[^=]+:[^=]+$/.test(key) || context.has(key.toLowerCase()))
      throw usageProblem({
        code: 'BAD_CONTEXT',
        what: context.has(key.toLowerCase())
          ? `${key} has a value and is said to be absent`
          : `--absent "${key}" is no condition key`,
        next: 'write --absent aws:MultiFactorAuthPresent',
      });
    context.set(key.toLowerCase(), { key, values: [] });
  }
  return Object.fromEntries([...context.values()].map(({ key, values }) => [key, values]));
}

/**
 * Throws a usage Problem for policies that such a caller cannot have (BAD_CALLER_POLICY), a role that is
 * not the session's (BAD_CALLER_ROLE), and what is no action (BAD_ACTION). Callers are not its matter.
 */
export function checkRequest(request: TrustRequest): void {
  const { caller, callerRole, action, permissionsBoundary, sessionPolicies } = request;
  if (!/^[\w-]+:\w+$/.test(action))
    throw usageProblem({
      code: 'BAD_ACTION',
      what: `"${action}" is no action`,
      next: `write one in full, such as --action ${TRUST_ACTIONS.find((known) => known.toLowerCase() === `sts:${action}`.toLowerCase()) ?? 'sts:AssumeRole'}`,
    });
  const read = parseCaller(caller, callerRole ?? null);
  if (!read) return;
  const isRole = read.kind === 'role' || read.kind === 'session';
  if (callerRole && !(isRole && read.roleArn === callerRole))
    throw usageProblem({
      code: 'BAD_CALLER_ROLE',
      what: `${callerRole} is not the role of ${caller}`,
      why: parseSessionArn(caller)
        ? 'a session and its role share account and name'
        : 'only the ARN of a session leaves its role open',
      next: 'leave --caller-role out, or give the ARN of the role that this session is of',
    });
  const fault = (what: string, whose: string): Error =>
    usageProblem({
      code: 'BAD_CALLER_POLICY',
      what: `${caller} has no ${what}`,
      why: `only ${whose} has`,
      next: 'leave it out, or give such a caller',
    });
  if (permissionsBoundary && !isRole && read.kind !== 'user')
    throw fault('permissions boundary', 'a role, its session or a user');
  if (sessionPolicies && !isRole && read.kind !== 'federated-user')
    throw fault('session policies', 'the session of a role');
}

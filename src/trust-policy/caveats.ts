// What a sure answer of the simulation takes for granted, because nothing of it was given.
import { parseRoleArn } from '../model/arn.ts';
import { isInAccount, parseCaller } from '../model/evaluate/caller.ts';
import type { Evaluation, TrustRequest } from '../model/evaluate.ts';
import type { Policy } from '../model/policy.ts';

/** Sentences without a full stop; none for an unknown, whose needs say what is missing. */
export function caveatsOf(policy: Policy, request: TrustRequest, evaluation: Evaluation): string[] {
  if (evaluation.decision === 'unknown') return [];
  return [
    ...pathAssumed(policy, request, evaluation),
    ...(evaluation.decision === 'allow' ? [organisationPolicies(request)] : []),
  ];
}

function pathAssumed(policy: Policy, { caller, callerRole }: TrustRequest, { route }: Evaluation): string[] {
  const read = parseCaller(caller, callerRole ?? null);
  if (read?.kind !== 'session' || read.roleArn !== null) return [];
  const isAsked = policy.statements.some(({ conditions }) =>
    conditions.some(({ key }) => key.toLowerCase() === 'aws:principalarn'),
  );
  if (route !== 'role' && !isAsked) return [];
  const role = `arn:${read.partition}:iam::${read.account}:role/${read.roleName}`;
  return [`the caller's role is taken to be ${role}, without a path, which a session's ARN does not tell`];
}

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_authorization_policies.html */
function organisationPolicies({ caller, role }: TrustRequest): string {
  const read = parseCaller(caller);
  const own = read && isInAccount(read) ? read.account : null;
  const account = role ? (parseRoleArn(role)?.account ?? null) : own;
  const owner = account ? `the account ${account}` : "the role's account";
  const service =
    own === account ? 'service control and' : `service control policies of the account ${own} and`;
  const which = `${own === null ? '' : `${service} `}resource control policies of ${owner}`;
  return `${which} were not given, and could still forbid it`;
}

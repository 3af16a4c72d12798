// Whether a role's trust policy and the caller's own side let the caller have the role: allow, deny, or
// unknown when it hangs on a fact that is not known here.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import { parseRoleArn, type RoleArn } from './arn.ts';
import { type Caller, isInAccount, parseCaller } from './evaluate/caller.ts';
import { explainVerdict } from './evaluate/explain-verdict.ts';
import { factsOf } from './evaluate/facts.ts';
import { BOUNDLESS, type CallerPolicies, evaluateCallerSide } from './evaluate/identity.ts';
import type { Route } from './evaluate/match-principal.ts';
import { matchTrustStatement } from './evaluate/statement.ts';
import type { Truth } from './evaluate/truth.ts';
import { decide } from './evaluate/verdict.ts';
import { TRUST_ACTIONS } from './policy/actions.ts';
import type { Policy } from './policy.ts';
import { usageProblem } from './problem.ts';

export type { IdentityPolicies } from './evaluate/identity.ts';

export interface TrustRequest extends CallerPolicies {
  /** A role, user, session, account (root ARN or id), service principal, or OIDC or SAML provider. */
  caller: string;
  /** The role of a session caller with its path, which a session's ARN has lost. */
  callerRole?: string | null;
  /** Such as `sts:AssumeRole`; one action, as IAM evaluates it. */
  action: string;
  /** The role to assume. Without one it is taken to be in the caller's account. */
  role?: string | null;
  /**
   * Values by condition key; an empty list says that the key is absent. Request parameters that are
   * not here (external id, tags, session name) are absent, other facts unknown.
   */
  context: Readonly<Record<string, readonly string[]>>;
  /** True when all that is not in the context is known to be absent. */
  contextIsComplete?: boolean;
  /** True when request parameters that are not in the context are unknown rather than absent. */
  parametersAreUnknown?: boolean;
}

export interface StatementResult {
  /** 0-based. */
  index: number;
  sid: string | null;
  effect: 'Allow' | 'Deny';
  matched: Truth;
  why: string;
}

export interface Evaluation {
  decision: 'allow' | 'deny' | 'unknown';
  /** One sentence. */
  because: string;
  statements: StatementResult[];
  /** What is missing: facts for `unknown`, the other side's grant for a `deny` that it would turn. */
  needs: string[];
  /** By what the trust policy (alone) lets the caller in; null when it does not. */
  route: Route | null;
  isCrossAccount: boolean;
}

/** Evaluates a request. Throws a usage Problem (BAD_CALLER, BAD_ROLE) for texts that name nobody. */
export function evaluateTrust(policy: Policy, request: TrustRequest): Evaluation {
  const caller = readCaller(request);
  const role = readRole(request.role ?? null);
  const facts = factsOf({
    caller,
    context: request.context,
    roleAccount: role?.account ?? (isInAccount(caller) ? caller.account : null),
    isComplete: request.contextIsComplete ?? false,
    parametersAreUnknown: request.parametersAreUnknown ?? false,
  });
  const of = { caller, action: canonicalAction(request.action), roleArn: role?.arn ?? null, facts };
  const matches = policy.statements.map((statement) => ({
    statement,
    ...matchTrustStatement(statement, policy, of),
  }));
  const isCrossAccount = role !== null && isInAccount(caller) && role.account !== caller.account;
  const statements = matches.map(({ statement, matched, why }) => ({
    index: statement.index,
    sid: statement.sid?.text ?? null,
    effect: statement.effect,
    matched,
    why,
  }));
  const impossible = impossibility(caller, role, of.action);
  if (impossible !== null)
    return { decision: 'deny', because: impossible, statements, needs: [], route: null, isCrossAccount };
  const side = isInAccount(caller) ? evaluateCallerSide(request, of) : BOUNDLESS;
  const verdict = decide(matches, side, isCrossAccount);
  const asked = { caller: request.caller, action: of.action, role: of.roleArn };
  return { ...explainVerdict(verdict, asked), statements, route: verdict.route, isCrossAccount };
}

/** Requests that STS refuses whatever the policies say. */
function impossibility(caller: Caller, role: RoleArn | null, action: string): string | null {
  if (isInAccount(caller) && role && caller.partition !== role.partition)
    return `the caller is in the partition ${caller.partition} and the role in ${role.partition}, and nothing crosses partitions`;
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  if (caller.kind === 'root' && action === 'sts:AssumeRole')
    return "an account's root user may not assume roles; name a role or a user of the account as the caller";
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
  if (caller.kind === 'federated-user')
    return 'a federated user may call no operation of STS but GetCallerIdentity, so it can assume no role';
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
  if (
    (caller.kind === 'oidc' || caller.kind === 'saml') &&
    role &&
    (caller.account ?? role.account) !== role.account
  )
    return `the provider is in the account ${caller.account} and the role in ${role.account}, and a role can only trust providers of its own account`;
  const wanted = caller.kind === 'oidc' ? 'WithWebIdentity' : caller.kind === 'saml' ? 'WithSAML' : '';
  if (action.startsWith('sts:AssumeRole') && action !== `sts:AssumeRole${wanted}`)
    return `such a caller asks with sts:AssumeRole${wanted}, and ${action} is not open to it`;
  return null;
}

function readCaller({ caller, callerRole }: TrustRequest): Caller {
  const read = parseCaller(caller, callerRole ?? null);
  if (read) return read;
  throw usageProblem({
    code: 'BAD_CALLER',
    what: `"${caller}" is no caller`,
    why: 'a caller is the ARN of a role, user or session, an account, a service such as ec2.amazonaws.com, or the ARN of an OIDC or SAML provider',
    next: 'write it in full, such as arn:aws:iam::111122223333:role/NAME',
  });
}

function readRole(text: string | null): RoleArn | null {
  if (text === null) return null;
  const role = parseRoleArn(text);
  if (role) return role;
  throw usageProblem({
    code: 'BAD_ROLE',
    what: `"${text}" is no role ARN`,
    next: 'write it in full, such as arn:aws:iam::111122223333:role/NAME',
  });
}

/** IAM does not look at the case of actions; the texts here do. */
function canonicalAction(action: string): string {
  return TRUST_ACTIONS.find((candidate) => candidate.toLowerCase() === action.toLowerCase()) ?? action;
}

// Whether a role's trust policy and the caller's own policies let it be assumed, and whether IAM
// would take a trust policy at all.
import { malformedPolicy } from './errors.ts';
import { judgeIdentity, statementsOf } from './identity.ts';
import { type Caller, policiesOfCaller, type SessionFacts } from './sessions.ts';
import { type AwsRole, type AwsState, roleArn } from './state.ts';

export interface AssumeRequest extends SessionFacts {
  action: 'sts:AssumeRole';
  sessionName: string;
  externalId: string | null;
}

export interface Verdict {
  allowed: boolean;
  action: string;
  explicitDeny: string | null;
}

export function judgeAssumeRole(
  state: AwsState,
  caller: Caller,
  role: AwsRole,
  request: AssumeRequest,
): Verdict {
  const own = judgeIdentity(policiesOfCaller(caller), request.action, roleArn(state, role));
  if (own === 'deny')
    return { allowed: false, action: request.action, explicitDeny: 'an identity-based policy' };
  const callerArns = [caller.arn, ...(caller.kind === 'session' ? [roleArn(state, caller.role)] : [])];
  const root = `arn:${state.partition}:iam::${caller.account}:root`;
  let named = false;
  let delegated = false;
  for (const s of statementsOf(role.trustPolicy) as {
    Effect?: string;
    Principal?: { AWS?: string | string[] };
    Condition?: Record<string, Record<string, string>>;
  }[]) {
    const principals = [s.Principal?.AWS ?? []].flat();
    const external = s.Condition?.['StringEquals']?.['sts:ExternalId'];
    if (external !== undefined && external !== request.externalId) continue;
    named ||= principals.some((p) => callerArns.includes(p));
    delegated ||= principals.some((p) => [root, caller.account, '*'].includes(p));
  }
  const allowed =
    (named && (own === 'allow' || caller.account === role.account)) || (delegated && own === 'allow');
  return { allowed, action: request.action, explicitDeny: null };
}

export function checkTrustPolicy(_state: AwsState, document: string): void {
  try {
    statementsOf(document);
  } catch {
    throw malformedPolicy('This policy contains invalid Json');
  }
}

// Whether the policies of the state allow a call. The same evaluator judges that explains trust
// policies to users; here all facts of a request are known.
import { isInAccount, type Caller as KnownCaller, parseCaller } from '../../model/evaluate/caller.ts';
import { factsOf } from '../../model/evaluate/facts.ts';
import { evaluateIdentity } from '../../model/evaluate/identity.ts';
import { evaluateTrust } from '../../model/evaluate.ts';
import { type Policy, parsePolicy } from '../../model/policy.ts';
import { type Caller, policiesOfCaller, policiesOfRole, type SessionFacts } from './sessions.ts';
import { type AwsRole, type AwsState, roleArn } from './state.ts';

export interface AssumeRequest extends SessionFacts {
  sessionName: string;
  externalId: string | null;
}

/** The action that is not allowed, and in what kind of policy a Deny stands; null for no Deny. */
export interface Refusal {
  action: string;
  deniedBy: 'identity-based' | 'resource-based' | null;
}

/**
 * Judges an AssumeRole with the actions that go with tags and a source identity. Null when it is allowed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
 */
export function refuseAssumeRole(
  state: AwsState,
  caller: Caller,
  role: AwsRole,
  request: AssumeRequest,
): Refusal | null {
  const actions = ['sts:AssumeRole'];
  // What the caller's own session passes on counts as much as what is asked for.
  const inherited = caller.kind === 'session' ? caller.facts : null;
  if (Object.keys(request.tags).length + (inherited?.transitiveTagKeys.length ?? 0) > 0)
    actions.push('sts:TagSession');
  if ((request.sourceIdentity ?? inherited?.sourceIdentity ?? null) !== null)
    actions.push('sts:SetSourceIdentity');
  for (const action of actions) {
    const refusal = refuseTrust(state, caller, role, action, request);
    if (refusal) return refusal;
  }
  return null;
}

function refuseTrust(
  state: AwsState,
  caller: Caller,
  role: AwsRole,
  action: string,
  request: AssumeRequest,
): Refusal | null {
  const trust = parsePolicy(role.trustPolicy);
  // A state may hold a document that IAM would not have saved; it lets nobody in.
  if (!trust.ok) return { action, deniedBy: null };
  const arn = roleArn(state, role);
  const boundary = caller.kind === 'session' && caller.role.boundary;
  const [permissionsBoundary] = boundary ? readAll([boundary.document]) : [null];
  if (permissionsBoundary === undefined) return { action, deniedBy: null };
  const context = { ...contextOfCaller(caller), ...contextOfRequest(request) };
  const { decision, statements } = evaluateTrust(trust.policy, {
    caller: caller.arn,
    callerRole: caller.kind === 'session' ? roleArn(state, caller.role) : null,
    action,
    role: arn,
    context,
    contextIsComplete: true,
    identityPolicies: identityPolicies(caller),
    permissionsBoundary,
  });
  if (decision === 'allow') return null;
  const isDenied = statements.some(({ effect, matched }) => effect === 'Deny' && matched === true);
  if (isDenied) return { action, deniedBy: 'resource-based' };
  return {
    action,
    deniedBy: judgeIdentity(state, caller, action, arn, context) === 'deny' ? 'identity-based' : null,
  };
}

/**
 * Whether a role's permissions boundary, if it has one, leaves it a call.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function boundaryAllows(state: AwsState, role: AwsRole, action: string, resource: string): boolean {
  return (
    role.boundary === null ||
    judge(roleCaller(state, role), [role.boundary.document], action, resource) === 'allow'
  );
}

/** What the policies of a role alone say of a call. */
export const judgeRole = (state: AwsState, role: AwsRole, action: string, resource: string): Judgement =>
  judge(roleCaller(state, role), policiesOfRole(role), action, resource);

export type Judgement = 'allow' | 'deny' | 'silent';

const roleCaller = (state: AwsState, role: AwsRole): KnownCaller => parseCaller(roleArn(state, role), null)!;

/** Judges a call on which only the caller's own policies speak; `silent` is an implicit deny. */
export function judgeIdentity(
  state: AwsState,
  caller: Caller,
  action: string,
  resource: string,
  context: Readonly<Record<string, readonly string[]>> = contextOfCaller(caller),
): Judgement {
  const judgement = judge(knownCaller(state, caller), policiesOfCaller(caller), action, resource, context);
  if (judgement !== 'allow' || caller.kind === 'user') return judgement;
  return boundaryAllows(state, caller.role, action, resource) ? 'allow' : 'silent';
}

function judge(
  caller: KnownCaller,
  texts: readonly string[],
  action: string,
  resource: string,
  context: Readonly<Record<string, readonly string[]>> = {},
): Judgement {
  const facts = factsOf({
    caller,
    context,
    roleAccount: isInAccount(caller) ? caller.account : null,
    isComplete: true,
    parametersAreUnknown: false,
  });
  const side = evaluateIdentity(readAll(texts), { caller, action, roleArn: resource, facts });
  if (side.denies === true) return 'deny';
  return side.allows === true ? 'allow' : 'silent';
}

const knownCaller = (state: AwsState, caller: Caller): KnownCaller =>
  parseCaller(caller.arn, caller.kind === 'session' ? roleArn(state, caller.role) : null)!;

const identityPolicies = (caller: Caller): Policy[] => readAll(policiesOfCaller(caller));

const readAll = (texts: readonly string[]): Policy[] =>
  texts.flatMap((text) => {
    const parsed = parsePolicy(text, 'identity');
    return parsed.ok ? [parsed.policy] : [];
  });

function contextOfCaller(caller: Caller): Record<string, string[]> {
  const context: Record<string, string[]> = { 'aws:userid': [caller.userId] };
  if (caller.kind === 'user') return context;
  context['aws:MultiFactorAuthPresent'] = ['false'];
  for (const [key, value] of Object.entries(caller.facts.tags)) context[`aws:PrincipalTag/${key}`] = [value];
  if (caller.facts.sourceIdentity !== null) context['aws:SourceIdentity'] = [caller.facts.sourceIdentity];
  return context;
}

function contextOfRequest(request: AssumeRequest): Record<string, string[]> {
  const context: Record<string, string[]> = { 'sts:RoleSessionName': [request.sessionName] };
  if (request.externalId !== null) context['sts:ExternalId'] = [request.externalId];
  if (request.sourceIdentity !== null) context['sts:SourceIdentity'] = [request.sourceIdentity];
  if (request.transitiveTagKeys.length > 0) context['sts:TransitiveTagKeys'] = request.transitiveTagKeys;
  const tags = Object.entries(request.tags);
  if (tags.length > 0) context['aws:TagKeys'] = tags.map(([key]) => key);
  for (const [key, value] of tags) context[`aws:RequestTag/${key}`] = [value];
  return context;
}

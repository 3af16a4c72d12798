// What `trust-policy simulate` answers: the evaluator's decision for one caller, also for a document that
// IAM would refuse, which can therefore let nobody in.
import { parseCaller } from '../model/evaluate/caller.ts';
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import type { ParsedPolicy, Policy } from '../model/policy.ts';
import { usageProblem } from '../model/problem.ts';

export type Simulation = Pick<Evaluation, 'decision' | 'because' | 'statements' | 'needs'>;

export function simulate(parsed: ParsedPolicy & { policy: Policy }, request: TrustRequest): Simulation {
  const evaluation = evaluateTrust(parsed.policy, request);
  refuseForeignPolicies(request);
  const { decision, because, statements } = evaluation;
  const [fault] = parsed.faults;
  if (fault) {
    const refused = `IAM would refuse to save this document, so it lets nobody in: ${fault.message} (line ${fault.line})`;
    return {
      decision: 'deny',
      because: refused,
      statements: statements.map((statement) => ({ ...statement, matched: false })),
      needs: [],
    };
  }
  return {
    decision,
    because: because + assumption(request, evaluation),
    statements,
    needs: [...evaluation.needs, ...companions(parsed.policy, request, evaluation)],
  };
}

/** In another account than the role's the caller would need a policy of its own. */
function assumption({ role, identityPolicies }: TrustRequest, { decision, route }: Evaluation): string {
  const isBySideOfAccount =
    decision === 'allow' && (route === 'name' || route === 'role' || route === 'everyone');
  if (!isBySideOfAccount || role || identityPolicies === 'any') return '';
  return "; the role is taken to be in the caller's account, as no role was given";
}

/** Throws a usage Problem (BAD_CALLER_POLICY) for policies that such a caller cannot have. */
function refuseForeignPolicies({ caller, permissionsBoundary, sessionPolicies }: TrustRequest): void {
  const kind = parseCaller(caller)?.kind ?? '';
  const isRole = kind === 'role' || kind === 'session';
  const fault = (what: string, whose: string): Error =>
    usageProblem({ code: 'BAD_CALLER_POLICY', what: `${caller} has no ${what}`, why: `only ${whose} has` });
  if (permissionsBoundary && !isRole && kind !== 'user')
    throw fault('permissions boundary', 'a role, its session or a user');
  if (sessionPolicies && !isRole && kind !== 'federated-user')
    throw fault('session policies', 'the session of a role');
}

/** Tags and a source identity need an action of their own, beside the one that is asked for. */
function companions(policy: Policy, request: TrustRequest, { decision }: Evaluation): string[] {
  if (decision === 'deny' || !/^sts:assumerole/i.test(request.action)) return [];
  const keys = Object.keys(request.context).map((key) => key.toLowerCase());
  const wanted = [
    {
      action: 'sts:TagSession',
      isSent: keys.some((key) => /^(?:aws:requesttag\/|aws:tagkeys$|sts:transitivetagkeys$)/.test(key)),
    },
    { action: 'sts:SetSourceIdentity', isSent: keys.includes('sts:sourceidentity') },
  ];
  return wanted
    .filter(
      ({ isSent, action }) => isSent && evaluateTrust(policy, { ...request, action }).decision !== 'allow',
    )
    .map(
      ({ action }) =>
        `${action} must be allowed as well for a request that sends this, and this document and the caller's policies do not surely allow it`,
    );
}

/** Reads `KEY=VALUE` pairs, the same key as often as it has values; throws a usage Problem. */
export function readContext(pairs: readonly string[]): Record<string, string[]> {
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
  return Object.fromEntries([...context.values()].map(({ key, values }) => [key, values]));
}

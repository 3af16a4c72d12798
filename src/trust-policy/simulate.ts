// What `trust-policy simulate` answers: the evaluator's decision for one caller, also for a document that
// IAM would refuse, which can therefore let nobody in.
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import type { ParsedPolicy, Policy } from '../model/policy.ts';
import { caveatsOf } from './caveats.ts';
import { checkRequest } from './simulate-request.ts';

export interface Simulation extends Pick<Evaluation, 'decision' | 'because' | 'statements' | 'needs'> {
  /** What a sure answer takes for granted, as it was not given. */
  caveats: string[];
}

/** A document that IAM would not save lets nobody in. @throws Problem of kind usage for a request that cannot be meant */
export function simulate(parsed: ParsedPolicy & { policy: Policy }, request: TrustRequest): Simulation {
  checkRequest(request);
  const evaluation = evaluateTrust(parsed.policy, request);
  const { decision, because, statements } = evaluation;
  const [fault] = parsed.faults;
  if (fault) {
    const refused = `IAM would refuse to save this document, so it lets nobody in: ${fault.message} (line ${fault.line})`;
    return {
      decision: 'deny',
      because: refused,
      statements: statements.map((statement) => ({ ...statement, matched: false })),
      needs: [],
      caveats: [],
    };
  }
  return {
    decision,
    because: because + assumption(request, evaluation),
    statements,
    needs: [...evaluation.needs, ...companions(parsed.policy, request, evaluation)],
    caveats: caveatsOf(parsed.policy, request, evaluation),
  };
}

/** In another account than the role's the caller would need a policy of its own. */
function assumption({ role, identityPolicies }: TrustRequest, { decision, route }: Evaluation): string {
  const isBySideOfAccount =
    decision === 'allow' && (route === 'name' || route === 'role' || route === 'everyone');
  if (!isBySideOfAccount || role || identityPolicies === 'any') return '';
  return "; the role is taken to be in the caller's account, as no role was given";
}

/** Tags and a source identity need an action of their own, beside the one that is asked for. */
function companions(policy: Policy, request: TrustRequest, { decision }: Evaluation): string[] {
  if (decision === 'deny' || !/^sts:assumerole/i.test(request.action)) return [];
  const keys = Object.entries(request.context)
    .filter(([, values]) => values.length > 0)
    .map(([key]) => key.toLowerCase());
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

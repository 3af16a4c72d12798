// What `trust-policy simulate` answers: the evaluator's decision for one caller, also for a document that
// IAM would refuse, which can therefore let nobody in.
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import type { ParsedPolicy, Policy } from '../model/policy.ts';
import { caveatsOf } from './caveats.ts';
import { withCompanions } from './companions.ts';
import { checkRequest } from './simulate-request.ts';

export interface Simulation extends Pick<Evaluation, 'decision' | 'because' | 'statements' | 'needs'> {
  /** What a sure answer takes for granted, as it was not given. */
  caveats: string[];
}

/** A document that IAM would not save lets nobody in. @throws Problem of kind usage for a request that cannot be meant */
export function simulate(parsed: ParsedPolicy & { policy: Policy }, request: TrustRequest): Simulation {
  checkRequest(request);
  const evaluation = withCompanions(parsed.policy, request, evaluateTrust(parsed.policy, request));
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
    needs: evaluation.needs,
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

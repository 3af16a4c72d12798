// What a request asks for beside the role itself: session tags, a source identity and contexts each take an
// action of their own, and STS refuses the whole call when one of them is not allowed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
import { type Evaluation, evaluateTrust, type TrustRequest } from '../model/evaluate.ts';
import type { Policy } from '../model/policy.ts';

const COMPANIONS = [
  {
    what: 'session tags',
    action: 'sts:TagSession',
    sentAs: /^(?:aws:requesttag\/|aws:tagkeys$|sts:transitivetagkeys$)/,
  },
  { what: 'a source identity', action: 'sts:SetSourceIdentity', sentAs: /^sts:sourceidentity$/ },
  { what: 'a context', action: 'sts:SetContext', sentAs: /^sts:requestcontext(?:\/|providers$)/ },
];

/** The evaluation of an AssumeRole… together with the actions that what it sends takes besides. */
export function withCompanions(policy: Policy, request: TrustRequest, evaluation: Evaluation): Evaluation {
  if (evaluation.decision === 'deny' || !/^sts:assumerole/i.test(request.action)) return evaluation;
  const sent = Object.entries(request.context)
    .filter(([, values]) => values.length > 0)
    .map(([key]) => key.toLowerCase());
  const others = COMPANIONS.filter(({ sentAs }) => sent.some((key) => sentAs.test(key))).map(
    ({ what, action }) => ({ what, action, answer: evaluateTrust(policy, { ...request, action }) }),
  );
  const decisive =
    others.find(({ answer }) => answer.decision === 'deny') ??
    others.find(({ answer }) => answer.decision === 'unknown');
  if (!decisive) return evaluation;
  const { what, action, answer } = decisive;
  const isDenied = answer.decision === 'deny';
  return {
    ...evaluation,
    decision: answer.decision,
    because: `the request sends ${what}, for which ${action} must be allowed as well: ${answer.because}`,
    needs: isDenied ? answer.needs : [...new Set([...evaluation.needs, ...answer.needs])],
    route: isDenied ? null : evaluation.route,
  };
}

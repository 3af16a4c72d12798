// Rules on identities for which the document is not enough: their own side must let them assume the role, too,
// which IAM's simulator knows where it was asked.

import type { Evaluation } from '../../model/evaluate.ts';
import type { Evidence } from '../../model/finding.ts';
import type { Policy } from '../../model/policy.ts';
import type { Fact } from '../../model/snapshot.ts';
import { readNodeIdentity } from '../identity.ts';
import { nodePolicy } from '../node-policy.ts';
import type { Rule, RuleInput, Violation } from '../rule.ts';
import { type Asked, ask, hasNodes, start } from './asked.ts';

const delegated: Rule = {
  code: 'TP019',
  title: 'nodes that are not named themselves have a policy of their own',
  severity: 'error',
  why: 'trusting an account only delegates to it: each of its identities then needs a policy of its own that allows sts:AssumeRole on the role',
  fix: "name the nodes' role in the document, or give it the policy",
  find(input) {
    if (!hasNodes(input) || input.isRefused) return null;
    return judgeOwnSides(
      ask(input).filter(({ evaluation }) => evaluation.route === 'account' && !evaluation.isCrossAccount),
      ({ principal }) => `${principal} is let in only as one of its account's identities`,
      input,
    );
  },
};

const crossAccount: Rule = {
  code: 'TP020',
  title: 'across accounts, the nodes have a policy of their own',
  severity: 'error',
  why: "across accounts both sides must allow it: this document, and a policy of the caller's",
  fix: "give the nodes' role a policy that allows sts:AssumeRole on the role",
  find(input) {
    const account = input.options.role?.account ?? input.options.account;
    if (!hasNodes(input) || input.isRefused || !account) return null;
    return judgeOwnSides(
      ask(input).filter(({ identity }) => readNodeIdentity(identity).account !== account),
      ({ principal }) => `${principal} is of another account than the role, ${account}`,
      input,
    );
  },
};

const SIMULATED = "IAM's simulator says that its own side";

/** Those whose own side must allow it too: it is known only where IAM was asked about them. */
function judgeOwnSides(
  asked: readonly Asked[],
  saying: (one: Asked) => string,
  input: RuleInput,
): ReturnType<Rule['find']> {
  const passed: Evidence[] = [];
  const violations: Violation[] = [];
  for (const one of asked) {
    const { principal, evaluation } = one;
    const at = matched(evaluation, input.policy);
    const side = input.options.live?.ownSides?.get(principal);
    const open = (status: 'warn' | 'unknown', why: string, fix: Pick<Violation, 'fix'>): Violation => ({
      ...{ at, status, severity: 'warning', observed: `${saying(one)}; ${why}` },
      ...fix,
    });
    if (side === undefined)
      violations.push(
        open(
          'warn',
          'whether its own policy allows it cannot be seen in this document',
          ownPolicyFix(principal, input),
        ),
      );
    else if (side.state === 'unknown')
      violations.push(
        open('unknown', `whether its own policy allows it is not known: ${side.why}`, grantFix(side)),
      );
    else if (side.value === 'allows')
      passed.push({ what: principal, value: `${saying(one)}; ${SIMULATED} allows it` });
    else
      violations.push({
        at,
        observed: `${saying(one)}; ${SIMULATED} ${REFUSALS[side.value]}`,
        ...ownPolicyFix(principal, input, side.value),
      });
  }
  return violations.length > 0 ? violations : { passed };
}

const REFUSALS = {
  silent: 'does not allow it',
  barred: 'forbids it, by a Deny, its boundary or the organisation',
} as const;

const matched = ({ statements }: Evaluation, policy: Policy) =>
  policy.statements.find(({ index }) =>
    statements.some((result) => result.index === index && result.matched === true),
  ) ?? start;

function ownPolicyFix(
  principal: string,
  { options: { role } }: RuleInput,
  side: 'silent' | 'barred' = 'silent',
): Pick<Violation, 'fix'> {
  if (side === 'barred')
    return {
      fix: { text: `take away what forbids it to ${principal} (pod-iam doctor: GR001 and GR003 say which)` },
    };
  if (role === null) return {};
  return { fix: { text: `give ${principal} this policy`, patch: nodePolicy([role.arn]) } };
}

const grantFix = ({ grant }: Extract<Fact<never>, { state: 'unknown' }>): Pick<Violation, 'fix'> =>
  grant === null
    ? {}
    : { fix: { text: `be allowed to ${grant.needs}, and ask again`, patch: grant.snippet } };

export const ownSideRules: readonly Rule[] = [delegated, crossAccount];

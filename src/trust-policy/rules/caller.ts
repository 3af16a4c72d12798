// Rules on the identities that must be let in: whether the evaluator says so, by which statement, and
// what their own side still has to say.
import { type Evaluation, evaluateTrust } from '../../model/evaluate.ts';
import type { Policy } from '../../model/policy.ts';
import type { Correction } from '../edit.ts';
import { nodePolicy } from '../generate.ts';
import { readNodeIdentity } from '../identity.ts';
import { nearMiss } from '../near-miss.ts';
import { planTrustChange } from '../plan.ts';
import type { Rule, RuleInput, Violation } from '../rule.ts';
import { conditionsOn } from './shared.ts';

interface Asked {
  identity: string;
  principal: string;
  /** As if the pods sent whatever the document asks for. */
  evaluation: Evaluation;
}

function ask({ policy, options }: RuleInput): Asked[] {
  return options.nodeIdentities.map((identity) => ({
    identity,
    principal: readNodeIdentity(identity).principal,
    evaluation: evaluateTrust(policy, {
      caller: identity,
      action: 'sts:AssumeRole',
      role: options.role?.arn ?? null,
      context: {},
      identityPolicies: 'any',
      parametersAreUnknown: true,
    }),
  }));
}

const start = { pointer: '', line: 1, column: 1 };
const isOf = ({ options }: RuleInput): boolean => options.nodeIdentities.length > 0;

const nodeMatched: Rule = {
  code: 'TP018',
  title: 'the trust policy lets the node identity in',
  severity: 'error',
  why: 'STS answers AccessDenied to the proxy, so that no pod gets the role; the message does not say which side refuses',
  fix: 'add a statement that allows sts:AssumeRole to the identity of the nodes',
  find(input) {
    if (!isOf(input) || input.isRefused) return null;
    const asked = ask(input);
    const violations = asked.flatMap((one) => judge(one, input));
    if (violations.length > 0) return violations;
    return {
      passed: asked.map(({ principal, evaluation }) => ({ what: principal, value: evaluation.because })),
    };
  },
};

function judge(
  { identity, principal, evaluation }: Asked,
  { policy, text, options }: RuleInput,
): Violation[] {
  const allowed = evaluation.statements.filter(
    ({ effect, matched }) => effect === 'Allow' && matched !== false,
  );
  const isPathOpen = evaluation.needs.some((need) => need.includes('with its path'));
  // A Deny is TP021's, and a condition that only the place can answer TP042's.
  if (allowed.some(({ matched }) => matched === true) || (allowed.length > 0 && !isPathOpen)) return [];
  const evidence = evaluation.statements.map(({ index, effect, why }) => ({
    what: `statement ${index} (${effect})`,
    value: why,
  }));
  if (allowed.length > 0)
    return [
      {
        at: start,
        status: 'unknown',
        observed: `${identity} is let in only if its role has the right path: ${allowed[0]!.why}`,
        evidence,
        fix: { text: 'give --node-role the ARN of the role, with its path (aws iam get-role)' },
      },
    ];
  const near = nearMiss(principal, policy);
  const role = options.role?.name ?? null;
  return [
    {
      at: near?.at ?? policy.statements[0] ?? start,
      observed: near
        ? `no Allow matches ${principal}; ${near.text}`
        : `no Allow matches ${principal}: ${evaluation.because}`,
      evidence,
      fix: {
        text: `let ${principal} assume the role`,
        command: role === null ? null : `pod-iam trust-policy apply --role ${role} --node-role ${principal}`,
        correct: withIdentity(text, identity),
      },
    },
  ];
}

const withIdentity =
  (text: string, identity: string): Correction =>
  (document) => {
    Object.assign(document, JSON.parse(planTrustChange(text, [identity]).document));
    return true;
  };

const delegated: Rule = {
  code: 'TP019',
  title: 'the identity of the nodes is named itself',
  severity: 'error',
  why: 'trusting an account only delegates to it: each of its identities then needs a policy of its own that allows sts:AssumeRole on the role',
  fix: "name the nodes' role in the document, or give it the policy",
  find(input) {
    if (!isOf(input) || input.isRefused) return null;
    return ask(input)
      .filter(({ evaluation }) => evaluation.route === 'account' && !evaluation.isCrossAccount)
      .map(({ principal, evaluation }) => ({
        at: matched(evaluation, input.policy),
        status: 'warn',
        severity: 'warning',
        observed: `${principal} is let in only as one of its account's identities; whether its own policy allows it cannot be seen in this document`,
        ...ownPolicyFix(principal, input),
      }));
  },
};

const crossAccount: Rule = {
  code: 'TP020',
  title: 'the nodes are of the same account as the role',
  severity: 'error',
  why: "across accounts both sides must allow it: this document, and a policy of the caller's",
  fix: "give the nodes' role a policy that allows sts:AssumeRole on the role",
  find(input) {
    const account = input.options.role?.account ?? input.options.account;
    if (!isOf(input) || input.isRefused || !account) return null;
    return ask(input)
      .filter(({ identity }) => readNodeIdentity(identity).account !== account)
      .map(({ principal, evaluation }) => ({
        at: matched(evaluation, input.policy),
        status: 'warn',
        severity: 'warning',
        observed: `${principal} is of another account than the role, ${account}; whether its own policy allows it cannot be seen in this document`,
        ...ownPolicyFix(principal, input),
      }));
  },
};

const matched = ({ statements }: Evaluation, policy: Policy) =>
  policy.statements.find(({ index }) =>
    statements.some((result) => result.index === index && result.matched === true),
  ) ?? start;

function ownPolicyFix(principal: string, { options: { role } }: RuleInput): Pick<Violation, 'fix'> {
  if (role === null) return {};
  return { fix: { text: `give ${principal} this policy`, patch: nodePolicy([role.arn]) } };
}

const denied: Rule = {
  code: 'TP021',
  title: 'no Deny matches the identity of the nodes',
  severity: 'error',
  why: 'a Deny wins over every Allow, of this document and of all policies',
  fix: 'narrow the Deny so that it leaves the nodes out',
  find(input) {
    if (!isOf(input) || input.isRefused) return null;
    return ask(input).flatMap(({ principal, evaluation }) =>
      evaluation.statements
        .filter(({ effect, matched }) => effect === 'Deny' && matched !== false)
        .map(
          ({ index, why, matched }): Violation => ({
            at: input.policy.statements.find((statement) => statement.index === index) ?? start,
            observed: `statement ${index} ${matched === true ? 'denies' : 'may deny'} it to ${principal}: ${why}`,
            ...(matched === true ? {} : { status: 'warn', severity: 'warning' }),
          }),
        ),
    );
  },
};

const SENT_BY_NONE = /^(?:sts:sourceidentity|sts:transitivetagkeys|aws:requesttag\/.+|aws:tagkeys)$/;

const tagsRequired: Rule = {
  code: 'TP044',
  title: 'no tags or source identity are asked of the nodes',
  severity: 'error',
  why: 'the proxy sends neither session tags nor a source identity, so that STS refuses it',
  fix: 'let the nodes in by a statement of their own, without this condition',
  find(input) {
    if (!isOf(input) || input.isRefused) return null;
    return ask(input).flatMap(({ principal, evaluation }) => {
      if (evaluation.statements.some(({ effect, matched }) => effect === 'Allow' && matched === true))
        return [];
      return input.policy.statements
        .filter(
          ({ effect, index }) =>
            effect === 'Allow' &&
            evaluation.statements.some((result) => result.index === index && result.matched === 'unknown'),
        )
        .flatMap((statement) => conditionsOn(statement, (key) => SENT_BY_NONE.test(key)))
        .filter(
          ({ operator }) =>
            !operator.ifExists && operator.set !== 'ForAllValues' && !operator.name.includes('Not'),
        )
        .filter(
          ({ operator, values }) =>
            operator.name !== 'Null' || values.every(({ text }) => /^false$/i.test(text)),
        )
        .map((condition) => ({
          at: condition,
          observed: `${condition.operatorText} on ${condition.key} is asked of ${principal}`,
        }));
    });
  },
};

export const callerRules: readonly Rule[] = [nodeMatched, delegated, crossAccount, denied, tagsRequired];

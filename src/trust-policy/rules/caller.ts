// Rules on the identities that must be let in: whether the evaluator says so, and by which statement.
import type { Correction } from '../edit.ts';
import { nearMiss } from '../near-miss.ts';
import { planTrustChange } from '../plan.ts';
import type { Rule, RuleInput, Violation } from '../rule.ts';
import { type Asked, ask, hasNodes, start } from './asked.ts';
import { conditionsOn } from './shared.ts';

const nodeMatched: Rule = {
  code: 'TP018',
  title: 'the trust policy lets the node identity in',
  severity: 'error',
  why: 'STS answers AccessDenied to the proxy, so that no pod gets the role; the message does not say which side refuses',
  fix: 'add a statement that allows sts:AssumeRole to the identity of the nodes',
  find(input) {
    if (!hasNodes(input) || input.isRefused) return null;
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

const denied: Rule = {
  code: 'TP021',
  title: 'no Deny matches the identity of the nodes',
  severity: 'error',
  why: 'a Deny wins over every Allow, of this document and of all policies',
  fix: 'narrow the Deny so that it leaves the nodes out',
  find(input) {
    if (!hasNodes(input) || input.isRefused) return null;
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
    if (!hasNodes(input) || input.isRefused) return null;
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

export const callerRules: readonly Rule[] = [nodeMatched, denied, tagsRequired];

// Rules that only IAM can answer: whether those that the document names exist, by the name it gives
// them. They say nothing where IAM was not asked,
// but for names whose path is known.
import { quote } from '../../model/shell.ts';
import type { Fact } from '../../model/snapshot.ts';
import { replaceValue } from '../edit.ts';
import type { LiveFacts, Rule, RuleInput, Violation } from '../rule.ts';
import { reservedWithoutPath } from './reserved-roles.ts';
import { conditionsOn, joined, principalsOf } from './shared.ts';

const exists: Rule = {
  code: 'TP011',
  title: 'all principals exist',
  severity: 'error',
  why: 'IAM refuses to save a document that names a role or user that does not exist: "Invalid principal in policy"',
  fix: 'create it first, or name the one that is meant',
  find: (input) => eachNamed(input, (text, real) => (real !== null ? null : `${text} does not exist`)),
};

const path: Rule = {
  code: 'TP016',
  title: 'principals are named with their path',
  severity: 'error',
  why: "a role's path and the case of its name are part of its ARN; IAM looks for this very ARN",
  fix: 'write the ARN as IAM gives it (aws iam get-role)',
  find(input) {
    const reserved = reservedWithoutPath(input.policy);
    const told = eachNamed(
      input,
      (text, real) => (real === null || real === text ? null : `${text} is known to IAM as ${real}`),
      (real, { pointer }) => ({ text: `write ${real}`, correct: replaceValue(pointer, real) }),
    );
    if (told === null) return reserved.length > 0 ? reserved : null;
    return [...told, ...reserved.filter(({ at }) => !told.some((other) => other.at.pointer === at.pointer))];
  },
};

/** One violation for each principal that IAM was asked about and that is not as it should be. */
function eachNamed(
  { policy, options }: RuleInput,
  judge: (text: string, real: string | null) => string | null,
  mend: (real: string, at: Violation['at']) => Violation['fix'] = () => undefined,
): Violation[] | null {
  const principals = options.live?.principals;
  if (!principals) return null;
  return policy.statements.flatMap((statement) =>
    [...principalsOf(statement, 'role'), ...principalsOf(statement, 'user')].flatMap(
      (principal): Violation[] => {
        const fact = principals[principal.text];
        if (fact === undefined) return [];
        if (fact.state === 'unknown')
          return [notRead(principal, `whether ${principal.text} exists is not known: ${fact.why}`)];
        const observed = judge(principal.text, fact.value);
        if (observed === null) return [];
        const fix = fact.value === null ? undefined : mend(fact.value, principal);
        return [{ at: principal, observed, ...(fix && { fix }) }];
      },
    ),
  );
}

const notRead = (at: Violation['at'], observed: string): Violation => ({
  at,
  status: 'unknown',
  severity: 'info',
  observed,
});

const issuers: Rule = {
  code: 'TP031',
  title: 'the account knows the token issuer and its audience',
  severity: 'error',
  why: "without an OIDC provider of that name in the role's account, which takes the audience, STS answers InvalidIdentityToken",
  fix: 'create the provider, or name the one that is meant',
  find({ policy, options }) {
    const named = policy.statements.flatMap((statement) =>
      principalsOf(statement, 'oidc').map((principal) => ({ principal, statement })),
    );
    const account = options.role?.account ?? options.account;
    const own = named.filter(({ principal: { names } }) => account === null || names.account === account);
    if (!options.live || own.length === 0) return null;
    const { oidcProviders } = options.live;
    return own.flatMap(({ principal, statement }): Violation[] => {
      if (oidcProviders.state === 'unknown')
        return [notRead(principal, `the account's providers are not known: ${oidcProviders.why}`)];
      const provider = oidcProviders.value.find(({ arn }) => arn === principal.text);
      if (!provider) return [absent(principal, oidcProviders)];
      const key = `${principal.names.issuer}:aud`.toLowerCase();
      return conditionsOn(statement, (folded) => folded === key)
        .filter(({ operator }) => operator.name === 'StringEquals')
        .flatMap(({ values }) => values)
        .filter(({ text }) => !provider.clientIds.includes(text))
        .map((value) => ({
          at: value,
          observed: `the provider takes ${joined(provider.clientIds) || 'no audience'}, not ${value.text}`,
          fix: {
            text: `let the provider take ${value.text}`,
            command: `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${quote(provider.arn)} --client-id ${quote(value.text)}`,
          },
        }));
    });
  },
};

function absent(
  principal: { text: string; names: { issuer: string } } & Violation['at'],
  providers: Extract<LiveFacts['oidcProviders'], Fact<unknown> & { state: 'known' }>,
): Violation {
  const others = providers.value.map(({ issuer }) => issuer);
  return {
    at: principal,
    observed: `the account has no OIDC provider ${principal.text}; it has ${joined(others) || 'none'}`,
    fix: {
      text: 'create the provider',
      command: `aws iam create-open-id-connect-provider --url ${quote(`https://${principal.names.issuer}`)} --client-id-list sts.amazonaws.com`,
    },
  };
}

export const liveRules: readonly Rule[] = [exists, path, issuers];

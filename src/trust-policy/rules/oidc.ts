// Rules on tokens of OIDC providers: which service account (:sub), which audience (:aud), which issuer.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
import { withoutVariables } from '../../model/evaluate/variables.ts';
import { nearestName } from '../../model/nearest.ts';
import { isNegated } from '../../model/policy/operators.ts';
import { templatePart } from '../../model/policy/placeholder.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import { addCondition, renameKey, replaceValue } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, asksForMore, conditionsOn, isGuard, type PrincipalOf, principalsOf } from './shared.ts';
import { hasOpenTenant, isBlank, isOpen, namesOwn, tenantClaim } from './shared-issuers.ts';
import { anyClaim, claims, isBuiltIn, isKubernetes, kubernetesSubjects, tokenStatements } from './tokens.ts';

const subject: Rule = {
  code: 'TP027',
  title: 'tokens are tied to a subject',
  severity: 'security',
  why: 'every service account of the cluster, of any namespace, can then assume the role',
  fix: 'add "StringEquals": {"ISSUER:sub": "system:serviceaccount:NAMESPACE:NAME"}',
  find: ({ policy }) =>
    tokenStatements(policy)
      .filter(({ statement, provider }) => !hasSubject(statement, provider))
      .map(({ provider }) => {
        const key = `${provider.names.issuer}:sub`;
        const isShared = tenantClaim(provider.names.issuer) !== null;
        return {
          at: provider,
          observed: `no condition on ${key} says whose token it must be`,
          ...(isShared && { why: 'whoever gets a token of this issuer can then assume the role' }),
          fix: {
            text: isShared
              ? namesOwn(provider, key)
              : `add "StringEquals": {"${key}": "system:serviceaccount:NAMESPACE:NAME"}`,
          },
        };
      }),
};

/** A weak guard on the subject is for TP048, TP049 and TP032 to report, a foreign one for TP030. */
function hasSubject(statement: Statement, provider: PrincipalOf<'oidc'>): boolean {
  const subjects = anyClaim(statement, 'sub').filter(asksForMore);
  const isForKubernetes = isKubernetes(provider, statement);
  const saysNothing = tenantClaim(provider.names.issuer) === 'sub' ? isBlank : isOpen;
  if (subjects.some(({ values }) => isForKubernetes || !values.every(({ text }) => saysNothing(text))))
    return true;
  if (tenantClaim(provider.names.issuer) === 'aud') return claims(statement, provider, 'aud').some(isGuard);
  const own = conditionsOn(statement, (key) => key.startsWith(`${provider.names.issuer.toLowerCase()}:`));
  // Others than Kubernetes have further claims that name the caller, such as a repository.
  const further = own.filter(({ key }) => isBuiltIn(provider) || !/:(?:aud|iss|azp|jti|exp|iat)$/i.test(key));
  return !isForKubernetes && further.some((condition) => !subjects.includes(condition) && isGuard(condition));
}

const audience: Rule = {
  code: 'TP028',
  title: 'tokens are tied to an audience',
  severity: 'warning',
  why: 'a token made for another system, and leaked there, can then be exchanged for the role',
  fix: 'add "StringEquals": {"ISSUER:aud": "sts.amazonaws.com"}',
  find: ({ policy }) => [...misspeltAudiences(policy), ...openAudiences(policy)],
};

const STS = 'sts.amazonaws.com';

/** Audiences are free text, so that only what is nearly the usual one is doubted. */
const misspeltAudiences = (policy: Policy): Violation[] =>
  tokenStatements(policy)
    .flatMap(({ statement, provider }) => claims(statement, provider, 'aud'))
    .filter(({ operator }) => operator.name === 'StringEquals')
    .flatMap(({ values }) => values)
    .filter(({ text }) => ![STS, `${STS}.cn`].includes(text) && nearestName(text, [STS]) !== null)
    .map((value) => ({
      at: value,
      observed: `the audience "${value.text}" is nearly ${STS}, for which most tokens are made`,
      why: 'a token is refused unless its audience is one of these, letter by letter',
      fix: {
        text: `write "${STS}", unless the tokens are really made for "${value.text}"`,
        correct: replaceValue(value.pointer, STS),
      },
    }));

const openAudiences = (policy: Policy): Violation[] =>
  tokenStatements(policy)
    .filter(({ statement, provider }) => !isBuiltIn(provider) && !anyClaim(statement, 'aud').some(tiesDown))
    .map(({ statement, provider }) => ({
      at: provider,
      observed: `no condition on ${provider.names.issuer}:aud says for whom the token must have been made`,
      fix: {
        text: `add "StringEquals": {"${provider.names.issuer}:aud": "${STS}"}`,
        // Of other issuers nobody knows here for whom their tokens are made.
        ...((isKubernetes(provider, statement) || /githubusercontent/.test(provider.names.issuer)) && {
          correct: addCondition(statement.pointer, 'StringEquals', `${provider.names.issuer}:aud`, STS),
        }),
      },
    }));

/** A star takes every audience, and a negation all but a few. */
const tiesDown = (condition: Condition): boolean =>
  asksForMore(condition) &&
  !isNegated(condition.operator) &&
  !(condition.operator.name === 'StringLike' && condition.values.some(({ text }) => isBlank(text)));

const issuerKeys: Rule = {
  code: 'TP030',
  title: 'condition keys are those of the provider',
  severity: 'error',
  why: 'the claims of a token are named after its provider; a key of another issuer is in no token of this one, so that the condition never holds',
  fix: 'write the key as ISSUER:sub, with the issuer as it stands in the provider, without https://',
  find: ({ policy }) =>
    allows(policy).flatMap((statement) => {
      const issuers = principalsOf(statement, 'oidc').map(({ names }) => names.issuer);
      if (issuers.length === 0 || hasOtherPrincipals(statement)) return [];
      return statement.conditions
        .filter((condition) => isForeign(condition, statement))
        .map((condition): Violation => {
          const claim = condition.key.slice(condition.key.lastIndexOf(':') + 1);
          return {
            at: condition,
            observed: `the key ${condition.key} is not of the provider ${issuers.join(' or ')}`,
            fix: {
              text: `write the key ${issuers[0]}:${claim}`,
              correct: renameKey(condition.pointer, `${issuers[0]}:${claim}`),
            },
          };
        });
    }),
};

const hasOtherPrincipals = ({ principals }: Statement): boolean =>
  principals.some(({ type }) => type !== 'Federated');

/**
 * Whether a key is a claim of an issuer that the statement does not trust: written with its host, its URL,
 * the ARN of its provider, or what a template left of them.
 */
function isForeign({ key }: Condition, statement: Statement): boolean {
  const folded = key.toLowerCase();
  const issuer = folded.slice(0, folded.lastIndexOf(':'));
  const isClaim =
    /^https?:|^[\w-]+\.|oidc-provider\//.test(issuer) ||
    (/:(?:sub|aud)$/.test(folded) && !/^(?:aws|sts|saml|)$/.test(issuer));
  return (
    isClaim && principalsOf(statement, 'oidc').every(({ names }) => names.issuer.toLowerCase() !== issuer)
  );
}

const namespaces: Rule = {
  code: 'TP032',
  title: 'subjects are tied to one namespace or organisation',
  severity: 'security',
  why: 'whoever may create a namespace that fits the pattern gets the role',
  fix: 'name the namespace: system:serviceaccount:NAMESPACE:NAME',
  find: ({ policy }) => [
    ...kubernetesSubjects(policy)
      .filter(({ condition }) => condition.operator.name === 'StringLike')
      .filter(({ value }) => hasOpenNamespace(value.text))
      .filter(({ statement, provider, condition }) => !isNarrowedBeside(statement, provider, condition))
      .map(({ value }) => ({
        at: value,
        observed: `"${value.text}" takes service accounts of more than one namespace`,
      })),
    ...sharedSubjects(policy)
      .filter(({ text }) => templatePart(text) === null)
      .filter(({ text }) => hasOpenTenant(withoutVariables(text)) && !isBlank(text))
      .map((value) => ({
        at: value,
        observed: `"${value.text}" takes tokens of more than one organisation`,
        why: 'everyone may open an account at this issuer under a name that fits the pattern, and gets the role',
        fix: {
          text: `write the name of your organisation in full before the first *${/^repo:/.test(value.text) ? ', and behind it a /, or an @ where GitHub adds ids' : ''}`,
        },
      })),
  ],
};

/** Patterns of subjects at issuers that serve many organisations. */
const sharedSubjects = (policy: Policy) =>
  tokenStatements(policy)
    .filter(({ provider }) => tenantClaim(provider.names.issuer) === 'sub')
    .flatMap(({ statement, provider }) => claims(statement, provider, 'sub'))
    .filter(({ operator }) => operator.name === 'StringLike')
    .flatMap(({ values }) => values);

function hasOpenNamespace(pattern: string): boolean {
  const upToNamespace = withoutVariables(pattern).split(':').slice(0, 3).join(':');
  return /[*?]/.test(upToNamespace);
}

/** Lines on one key must all hold, so that one that names its namespaces is enough. */
const isNarrowedBeside = (
  statement: Statement,
  provider: PrincipalOf<'oidc'>,
  condition: Condition,
): boolean =>
  claims(statement, provider, 'sub').some(
    (other) =>
      other !== condition &&
      /^String(?:Equals|EqualsIgnoreCase|Like)$/.test(other.operator.name) &&
      isGuard(other) &&
      other.values.every(({ text }) => !hasOpenNamespace(text)),
  );

export const oidcRules: readonly Rule[] = [subject, audience, issuerKeys, namespaces];

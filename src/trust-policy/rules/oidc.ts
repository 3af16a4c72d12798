// Rules on tokens of OIDC providers: which service account (:sub), which audience (:aud), which issuer.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
import { withoutVariables } from '../../model/evaluate/variables.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, conditionsOn, covers, isGuard, type PrincipalOf, principalsOf } from './shared.ts';

const SUBJECT = 'system:serviceaccount:';

/** Statements by which a token of one provider becomes the role. */
function tokenStatements(policy: Policy): { statement: Statement; provider: PrincipalOf<'oidc'> }[] {
  return allows(policy)
    .filter((statement) => covers(statement, 'sts:AssumeRoleWithWebIdentity'))
    .flatMap((statement) => principalsOf(statement, 'oidc').map((provider) => ({ statement, provider })));
}

/** Providers that IAM knows by name have claims of their own instead of sub. */
const isBuiltIn = ({ names }: PrincipalOf<'oidc'>): boolean => names.account === null;

const claims = (statement: Statement, { names }: PrincipalOf<'oidc'>, claim: string): Condition[] =>
  conditionsOn(statement, (key) => key === `${names.issuer}:${claim}`.toLowerCase());

/** A key of some issuer that ends in a claim, wherever it belongs; TP030 judges whether it does. */
const anyClaim = (statement: Statement, claim: string): Condition[] =>
  conditionsOn(statement, (key) => key.endsWith(`:${claim}`) && key.includes('.'));

const subject: Rule = {
  code: 'TP027',
  title: 'tokens are tied to a subject',
  severity: 'security',
  why: 'every service account of the cluster, of any namespace, can then assume the role',
  fix: 'add "StringEquals": {"ISSUER:sub": "system:serviceaccount:NAMESPACE:NAME"}',
  find: ({ policy }) =>
    tokenStatements(policy)
      .filter(({ statement, provider }) => !hasSubject(statement, provider))
      .map(({ provider }) => ({
        at: provider,
        observed: `no condition on ${provider.names.issuer}:sub says whose token it must be`,
        fix: {
          text: `add "StringEquals": {"${provider.names.issuer}:sub": "system:serviceaccount:NAMESPACE:NAME"}`,
        },
      })),
};

/** A weak guard on the subject is for TP048, TP049 and TP032 to report, a foreign one for TP030. */
function hasSubject(statement: Statement, provider: PrincipalOf<'oidc'>): boolean {
  if (anyClaim(statement, 'sub').length > 0) return true;
  const own = conditionsOn(statement, (key) => key.startsWith(`${provider.names.issuer.toLowerCase()}:`));
  // Others than Kubernetes have further claims that name the caller, such as a repository.
  const further = own.filter(({ key }) => isBuiltIn(provider) || !/:(?:aud|iss|azp|jti|exp|iat)$/i.test(key));
  return !isKubernetes(provider, statement) && further.some(isGuard);
}

const audience: Rule = {
  code: 'TP028',
  title: 'tokens are tied to an audience',
  severity: 'warning',
  why: 'a token made for another system, and leaked there, can then be exchanged for the role',
  fix: 'add "StringEquals": {"ISSUER:aud": "sts.amazonaws.com"}',
  find: ({ policy }) =>
    tokenStatements(policy)
      .filter(({ statement, provider }) => !isBuiltIn(provider) && anyClaim(statement, 'aud').length === 0)
      .map(({ provider }) => ({
        at: provider,
        observed: `no condition on ${provider.names.issuer}:aud says for whom the token must have been made`,
        fix: { text: `add "StringEquals": {"${provider.names.issuer}:aud": "sts.amazonaws.com"}` },
      })),
};

const subjectForm: Rule = {
  code: 'TP029',
  title: 'subjects read system:serviceaccount:NAMESPACE:NAME',
  severity: 'error',
  why: 'no token has another subject, so that every service account is refused',
  fix: 'write system:serviceaccount:NAMESPACE:NAME',
  find: ({ policy }) =>
    kubernetesSubjects(policy).flatMap(({ value, condition }): Violation[] => {
      const isPattern = condition.operator.name === 'StringLike';
      if (isSubject(value.text, isPattern)) return [];
      const better = correctedSubject(value.text);
      return [
        {
          at: value,
          observed: `"${value.text}" is no subject of a service account`,
          ...(better ? { fix: { text: `write "${better}"` } } : {}),
        },
      ];
    }),
};

function isSubject(text: string, isPattern: boolean): boolean {
  // A pattern may cut the form short, which TP032 judges; a star elsewhere is TP026's.
  if (isPattern && /^[*?]/.test(text)) return true;
  if (isPattern && /^system:serviceaccount:[^:]*\*[^:]*$/.test(text)) return true;
  const [system, kind, namespace = '', name = '', ...more] = text.split(':');
  const label = /^[a-z0-9*?$]([-a-z0-9.*?${}:/]*[a-z0-9*?}])?$/;
  return (
    system === 'system' &&
    kind === 'serviceaccount' &&
    more.length === 0 &&
    label.test(namespace) &&
    label.test(name)
  );
}

function correctedSubject(text: string): string | null {
  const parts = text
    .trim()
    .split(/[:/]/)
    .filter((part) => part !== '');
  const [namespace, name] = parts.slice(-2);
  if (!namespace || !name || parts.length > 5 || /^system$/i.test(namespace)) return null;
  if (/^service-?accounts?$/i.test(namespace)) return null;
  return `${SUBJECT}${namespace.toLowerCase()}:${name.toLowerCase()}`;
}

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
            fix: { text: `write the key ${issuers[0]}:${claim}` },
          };
        });
    }),
};

const hasOtherPrincipals = ({ principals }: Statement): boolean =>
  principals.some(({ type }) => type !== 'Federated');

/** Whether a key is a claim of an issuer, written with its host or URL, that the statement does not trust. */
function isForeign({ key }: Condition, statement: Statement): boolean {
  const folded = key.toLowerCase();
  const issuer = folded.slice(0, folded.lastIndexOf(':'));
  const isClaim = /^https?:/.test(issuer) || /^[\w-]+\./.test(issuer);
  return (
    isClaim && principalsOf(statement, 'oidc').every(({ names }) => names.issuer.toLowerCase() !== issuer)
  );
}

const namespaces: Rule = {
  code: 'TP032',
  title: 'subjects are tied to one namespace',
  severity: 'security',
  why: 'whoever may create a namespace that fits the pattern gets the role',
  fix: 'name the namespace: system:serviceaccount:NAMESPACE:NAME',
  find: ({ policy }) =>
    kubernetesSubjects(policy)
      .filter(({ condition }) => condition.operator.name === 'StringLike')
      .filter(({ value }) => hasOpenNamespace(value.text))
      .map(({ value }) => ({
        at: value,
        observed: `"${value.text}" takes service accounts of more than one namespace`,
      })),
};

function hasOpenNamespace(pattern: string): boolean {
  const upToNamespace = withoutVariables(pattern).split(':').slice(0, 3).join(':');
  return /[*?]/.test(upToNamespace);
}

const oneCluster: Rule = {
  code: 'TP050',
  title: 'each statement trusts one cluster',
  severity: 'warning',
  why: 'conditions on the claims of both issuers never hold together, and conditions on one leave the other open',
  fix: 'write one statement per provider',
  find: ({ policy }) =>
    allows(policy)
      .filter(
        (statement) => new Set(principalsOf(statement, 'oidc').map(({ names }) => names.issuer)).size > 1,
      )
      .map((statement) => ({
        at: statement,
        observed: `statement ${statement.index} trusts ${principalsOf(statement, 'oidc').length} OIDC providers at once`,
      })),
};

function kubernetesSubjects(policy: Policy) {
  return tokenStatements(policy).flatMap(({ statement, provider }) =>
    isKubernetes(provider, statement)
      ? claims(statement, provider, 'sub')
          .filter((condition) => /^String(?:Equals|EqualsIgnoreCase|Like)$/.test(condition.operator.name))
          .flatMap((condition) =>
            condition.values.map((value) => ({ statement, provider, condition, value })),
          )
      : [],
  );
}

/** By the issuers of managed clusters and of kOps, else by what the subjects look like. */
function isKubernetes({ names }: PrincipalOf<'oidc'>, statement: Statement): boolean {
  if (
    /^oidc(?:-fips)?[.-]eks\.|\.eks\.|s3[.-][\w-]*\.?amazonaws|\.s3[.-]|k8s|kubernetes|kops|aks\.azure|container\.googleapis/i.test(
      names.issuer,
    )
  )
    return true;
  return anyClaim(statement, 'sub').some(({ values }) =>
    values.some(({ text }) => /^system:|service-?account/i.test(text)),
  );
}

export const oidcRules: readonly Rule[] = [
  subject,
  audience,
  subjectForm,
  issuerKeys,
  namespaces,
  oneCluster,
];

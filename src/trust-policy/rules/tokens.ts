// Which statements let tokens of OIDC providers in, and which of their conditions are on claims.
import { coversAction } from '../../model/policy/actions.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import { allows, conditionsOn, type PrincipalOf, principalsOf } from './shared.ts';

/** Statements by which a token of one provider becomes the role. */
export function tokenStatements(policy: Policy): { statement: Statement; provider: PrincipalOf<'oidc'> }[] {
  return allows(policy)
    .filter((statement) => coversAction(statement, 'sts:AssumeRoleWithWebIdentity'))
    .flatMap((statement) => principalsOf(statement, 'oidc').map((provider) => ({ statement, provider })));
}

/** Providers that IAM knows by name have claims of their own instead of sub. */
export const isBuiltIn = ({ names }: PrincipalOf<'oidc'>): boolean => names.account === null;

export const claims = (statement: Statement, { names }: PrincipalOf<'oidc'>, claim: string): Condition[] =>
  conditionsOn(statement, (key) => key === `${names.issuer}:${claim}`.toLowerCase());

/** A key of some issuer that ends in a claim, wherever it belongs; TP030 judges whether it does. */
export const anyClaim = (statement: Statement, claim: string): Condition[] =>
  conditionsOn(statement, (key) => key.endsWith(`:${claim}`) && key.includes('.'));

/** By the issuers of managed clusters and of kOps, else by what the subjects look like. */
export function isKubernetes({ names }: PrincipalOf<'oidc'>, statement: Statement): boolean {
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

/** Each value of a condition on the subject of a Kubernetes token. */
export function kubernetesSubjects(policy: Policy) {
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

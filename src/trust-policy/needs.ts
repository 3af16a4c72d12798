// What must be true beside a trust policy before anyone whom it lets in gets the role.
import type { Policy, Principal, Statement } from '../model/policy.ts';
import { allows, joined, principalsOf } from './rules/shared.ts';
import { isBuiltIn, isKubernetes } from './rules/tokens.ts';

/** @param account of the role; null when it is not known */
export function needs(policy: Policy, account: string | null): string[] {
  const sentences = allows(policy).flatMap((statement) => [
    ...named(statement, account),
    ...statement.principals.flatMap((principal) => ofKind(principal, statement, account)),
  ]);
  return [...new Set(sentences)];
}

/** Roles and users by name, whose own policies matter only across accounts. */
function named(statement: Statement, account: string | null): string[] {
  const principals = [...principalsOf(statement, 'role'), ...principalsOf(statement, 'user')];
  if (principals.length === 0) return [];
  if (account === null)
    return [
      `A ${principals[0]!.names.kind} that is named here needs nothing more when it is in the same account; from another account its own policies must allow sts:AssumeRole on this role, too.`,
    ];
  const nameOf = ({ text }: Principal): string => text.slice(text.indexOf('/') + 1);
  const own = principals.filter(({ names }) => names.account === account);
  const foreign = principals.filter(({ names }) => names.account !== account);
  return [
    ...(own.length === 0
      ? []
      : [
          `${joined(own.map(nameOf))} ${own.length === 1 ? 'is' : 'are'} of the role's own account and ${own.length === 1 ? 'needs' : 'need'} nothing more, as long as no policy denies it.`,
        ]),
    ...foreign.map(
      (principal) =>
        `${nameOf(principal)} is of another account, ${principal.names.account}: its own policies must allow sts:AssumeRole on this role, too.`,
    ),
  ];
}

function ofKind(principal: Principal, statement: Statement, account: string | null): string[] {
  const { names, text } = principal;
  switch (names.kind) {
    case 'account':
      return [
        'An account is only delegated to: a role or user of it gets in when its own policies allow sts:AssumeRole on this role.',
      ];
    case 'everyone':
      return [
        "Roles and users of the role's own account need nothing more, as long as no policy denies it; those of other accounts need a policy of their own that allows sts:AssumeRole, which whoever administers such an account can give them.",
      ];
    case 'session':
      return names.account === account
        ? []
        : [
            'From another account the policies of the role behind the session must allow sts:AssumeRole on this role, too.',
          ];
    case 'service':
      return [
        OF_SERVICES[text] ??
          'A service gets the role only where somebody with iam:PassRole hands it the role.',
      ];
    case 'oidc':
      return [ofIssuer({ ...principal, names }, statement)];
    case 'saml':
      return ["The role's account must have the SAML provider, and the assertion must name the role."];
    default:
      return [];
  }
}

const OF_SERVICES: Readonly<Record<string, string>> = {
  'pods.eks.amazonaws.com':
    "A Pod Identity association must give the role to the pods' service account; whoever makes it needs iam:PassRole on the role.",
  'rolesanywhere.amazonaws.com':
    'A trust anchor for the certificates and a profile that lists the role must exist in the account; whoever makes the profile needs iam:PassRole on the role.',
};

function ofIssuer(provider: Parameters<typeof isBuiltIn>[0], statement: Statement): string {
  const { issuer } = provider.names;
  if (isBuiltIn(provider))
    return `AWS knows ${issuer} by itself: no provider has to be made, and the tokens are the only proof.`;
  const must = "The role's account must have an OIDC provider for this issuer that lists the audience";
  return isKubernetes(provider, statement)
    ? `${must}, and the pod a projected token (for EKS: the annotation eks.amazonaws.com/role-arn on its service account).`
    : `${must}, and whoever asks needs a token that the issuer made for it.`;
}

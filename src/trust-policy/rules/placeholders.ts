// The rule on what an example or a template left in a document. What can never be meant is an error; what is
// well-formed, and may by chance be somebody's, is a warning.
import { isFillIn, templatePart } from '../../model/policy/placeholder.ts';
import { hasWildcard } from '../../model/policy/wildcard.ts';
import type { Condition, Place, Policy, Principal } from '../../model/policy.ts';
import type { Rule, Violation } from '../rule.ts';
import { accountFaults } from './accounts.ts';

const placeholders: Rule = {
  code: 'TP015',
  title: 'account ids are 12 digits and real, and no placeholder is left',
  severity: 'error',
  why: 'a placeholder from an example is refused, lets nobody in, or lets in somebody whom you do not know',
  fix: 'fill in the account id (aws sts get-caller-identity)',
  find: (input) => [...accountFaults(input), ...leftIn(input.policy)],
};

const leftIn = (policy: Policy): Violation[] =>
  policy.statements.flatMap(({ principals, conditions }) => [
    ...principals.flatMap(inPrincipal),
    ...conditions.flatMap(inCondition),
  ]);

/** What is no principal at all, the parser has told. */
function inPrincipal(principal: Principal): Violation[] {
  const { names, text } = principal;
  if (names.kind === 'role' || names.kind === 'user')
    return isFillIn(text.slice(text.lastIndexOf('/') + 1)) ? [fillIn(text, principal)] : [];
  return names.kind === 'oidc' && isExampleIssuer(names.issuer)
    ? [exampleIssuer(names.issuer, principal)]
    : [];
}

function inCondition({ key, values }: Condition): Violation[] {
  // Whatever a client writes into its headers may stand there.
  if (/^aws:(?:useragent|referer)$/i.test(key)) return [];
  // What cannot be an account or an external id is told as that.
  const isOfAccount = /^aws:\w+account$/i.test(key);
  const isExternalId = /^sts:externalid$/i.test(key);
  const isGitHub = /^token\.actions\.githubusercontent\.com(?:\/.*)?:sub$/i.test(key);
  return values.flatMap((value): Violation[] => {
    const { text } = value;
    const part = templatePart(text);
    if (part !== null && (!isExternalId || text.includes('${'))) return [template(text, part, value)];
    if (isGitHub) return inRepository(text, value);
    return isFillIn(text) && !isOfAccount && !hasWildcard(text) ? [fillIn(text, value)] : [];
  });
}

const template = (text: string, part: string, at: Place): Violation => ({
  at,
  observed: `"${text}" holds ${part}, which no request has and nothing fills in`,
  fix: FILL_IN,
});

const fillIn = (text: string, at: Place): Violation => ({
  at,
  status: 'warn',
  observed: `"${text}" reads like a placeholder that was never filled in`,
  fix: FILL_IN,
});

const FILL_IN = { text: 'fill in what is meant' };

/** EKS gives ids of 32 hexadecimal digits. */
const isExampleIssuer = (issuer: string): boolean => /\/id\/(?:\w*EXAMPLE\w*|X{4,})$/i.test(issuer);

const exampleIssuer = (issuer: string, at: Place): Violation => ({
  at,
  status: 'warn',
  observed: `${issuer} is an issuer of the documentation's examples`,
  why: 'no cluster has this issuer, so that the statement lets nobody in',
  fix: {
    text: "write your cluster's: aws eks describe-cluster --name NAME --query cluster.identity.oidc.issuer",
  },
});

/** Of GitHub's and AWS's documentation. */
const EXAMPLE_OWNERS =
  /^(?:example|example-?org|octo-?org|your-?org|my-?org|github-?org|org|owner|organi[sz]ation|org(?:anization)?[-_]name)$/i;

function inRepository(text: string, at: Place): Violation[] {
  const [, owner = ''] = /^repo:([^/@:*?]+)/.exec(text) ?? [];
  if (isFillIn(owner)) return [fillIn(text, at)];
  if (!EXAMPLE_OWNERS.test(owner)) return [];
  return [
    {
      at,
      status: 'warn',
      observed: `"${owner}" is an organisation of the documentation's examples`,
      why: 'whoever has an organisation of this name at GitHub is let in',
      fix: { text: 'write the name of your own organisation' },
    },
  ];
}

export const placeholderRules: readonly Rule[] = [placeholders];

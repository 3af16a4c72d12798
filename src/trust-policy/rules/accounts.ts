// What is wrong with account ids, in principals and in conditions: those that no account has, so that a line never
// holds, and those of the documentation's examples.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceaccount
import { OPERATORS } from '../../model/policy/operators.ts';
import { templatePart } from '../../model/policy/placeholder.ts';
import type { Condition, Located, Policy } from '../../model/policy.ts';
import { readNodeIdentity } from '../identity.ts';
import type { CheckOptions, RuleInput, Violation } from '../rule.ts';
import { conditionsOn } from './shared.ts';

/** Of AWS's examples. */
const EXAMPLES =
  /^(?:111122223333|444455556666|777788889999|123456789012|012345678901|123456789101|(\d)\1{11})$/;

/** What is malformed in a principal, the parser finds. */
export function accountFaults({ policy, options }: RuleInput): Violation[] {
  const uses = [...inPrincipals(policy), ...inConditions(policy)];
  return [
    ...uses.filter(({ account }) => !/^\d{12}$/.test(account)).map(malformed),
    ...exampleAccounts(uses, options),
  ];
}

interface Use {
  at: Located;
  account: string;
}

const inPrincipals = (policy: Policy): Use[] =>
  policy.statements
    .flatMap(({ principals }) => principals)
    .flatMap((principal) => {
      const account = 'account' in principal.names ? principal.names.account : null;
      return account === null ? [] : [{ at: principal, account }];
    });

const OF_ACCOUNT = /^aws:(?:principal|source|resource|vpce)account$/;
const OF_ARN = /^aws:\w+arn$/;

/** Patterns and policy variables are left out. */
const inConditions = (policy: Policy): Use[] =>
  policy.statements
    .flatMap((statement) => conditionsOn(statement, (key) => OF_ACCOUNT.test(key) || OF_ARN.test(key)))
    .filter(({ operator }) => ['string', 'arn'].includes(OPERATORS[operator.name] ?? ''))
    .flatMap((condition) =>
      condition.values
        // Text of a template is told as such.
        .filter(({ text }) => templatePart(text) === null)
        .map((value) => ({ at: value, account: accountIn(condition, value) })),
    )
    .filter(({ account }) => account !== '' && !/[*?]|\$\{[a-z]+:[^}:]+\}/i.test(account));

function accountIn({ key }: Condition, { text }: Located): string {
  if (OF_ACCOUNT.test(key.toLowerCase())) return text;
  // The colon in ${aws:PrincipalAccount} parts nothing.
  return /^arn(?::(?:\$\{[^}]*\}|[^:])*){3}:((?:\$\{[^}]*\}|[^:])*):/.exec(text)?.[1] ?? '';
}

const malformed = ({ at, account }: Use): Violation => ({
  at,
  observed: `the account id "${account}" is not 12 digits`,
  why: 'no account has such an id, so that no request has it either',
});

/** Each told once, and none that the caller says is real. */
function exampleAccounts(uses: readonly Use[], { account, role, nodeIdentities }: CheckOptions): Violation[] {
  const own = [account, role?.account, ...nodeIdentities.map((text) => readNodeIdentity(text).account)];
  return uses
    .filter((use) => EXAMPLES.test(use.account) && !own.includes(use.account))
    .filter((use, index, all) => all.findIndex((other) => other.account === use.account) === index)
    .map((use) => ({
      at: use.at,
      observed: `${use.account} is an account id of the documentation's examples`,
      status: 'warn',
      why: 'it is well-formed, so IAM may take it; if it is really yours, --account says so',
    }));
}

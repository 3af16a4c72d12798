// The rule on aws:PrincipalArn, which never holds the ARN of a session: for a session it is that of its role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
import { isReservedName } from '../../model/arn.ts';
import type { Condition, Policy } from '../../model/policy.ts';
import { replaceValue } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { conditionsOn } from './shared.ts';

const noSessions: Rule = {
  code: 'TP052',
  title: 'aws:PrincipalArn is compared with roles and users, not with sessions',
  severity: 'error',
  why: "when a role's session asks, aws:PrincipalArn is the ARN of the role, arn:aws:iam::ACCOUNT:role/PATH/NAME; no caller has the ARN of a session there",
  fix: "write the role's ARN, arn:aws:iam::ACCOUNT:role/PATH/NAME",
  find: ({ policy }) =>
    linesOn(policy).flatMap((condition) =>
      condition.values
        .filter(({ text }) => text.includes(':assumed-role/'))
        .map((value): Violation => {
          const better = roleOf(value.text, condition);
          return {
            at: value,
            observed: `"${value.text}" is the ARN of a session, and aws:PrincipalArn is that of its role`,
            ...(better !== null && {
              fix: { text: `write "${better}"`, correct: replaceValue(value.pointer, better) },
            }),
          };
        }),
    ),
};

const linesOn = (policy: Policy): Condition[] =>
  policy.statements.flatMap((statement) => conditionsOn(statement, (key) => key === 'aws:principalarn'));

/** The role of which all sessions are meant; null where one session is, or where the path must be guessed. */
function roleOf(text: string, { operator }: Condition): string | null {
  const match = /^(arn:[^:]*):(?:sts|iam)::([^:]*):assumed-role\/([^/]+)(?:\/\*)?$/.exec(text);
  if (match === null) return null;
  const [, partition, account, name = ''] = match;
  const isReserved = isReservedName(name);
  if (isReserved && !/Like|Arn/.test(operator.name)) return null;
  // Identity Center puts its roles under a path that ends with the Region, but for us-east-1.
  const path = isReserved ? 'aws-reserved/sso.amazonaws.com*/' : '';
  return `${partition}:iam::${account}:role/${path}${name}`;
}

export const principalArnRules: readonly Rule[] = [noSessions];

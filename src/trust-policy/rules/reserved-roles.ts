// The roles that Identity Center makes, whose path is known without asking IAM: no role of such a name is
// without one. https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
import { isReservedName } from '../../model/arn.ts';
import type { Policy } from '../../model/policy.ts';
import type { Violation } from '../rule.ts';
import { principalsOf } from './shared.ts';

/** Principals that were copied from the ARN of a session, which has lost the path. */
export const reservedWithoutPath = (policy: Policy): Violation[] =>
  policy.statements
    .flatMap((statement) => principalsOf(statement, 'role'))
    .filter(({ names }) => names.path === '/' && isReservedName(names.name))
    .map(({ names: { partition, account, name }, ...at }) => ({
      at,
      observed: `${name} is a role of IAM Identity Center, and these are under the path /aws-reserved/sso.amazonaws.com/`,
      fix: {
        text: `write arn:${partition}:iam::${account}:role/aws-reserved/sso.amazonaws.com/REGION/${name}, without REGION/ where Identity Center is in us-east-1 (aws iam get-role --role-name ${name})`,
      },
    }));

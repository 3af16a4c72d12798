// Rules on documents that let everyone in unless a condition narrows them.
import { ASSUME_ACTIONS, coversAction } from '../../model/policy/actions.ts';
import { isNegated } from '../../model/policy/operators.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import type { Rule } from '../rule.ts';
import { allows, conditionsOn, isGuard, principalsOf } from './shared.ts';

// Keys that AWS sets and that a stranger cannot choose. A stranger's tags and external id are theirs.
const NARROWING = [
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:userid',
  'aws:sourceip',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourcevpcarn',
  'aws:vpcsourceip',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
  'aws:ec2instancesourcevpc',
  'aws:principalisawsservice',
  'aws:principalservicename',
];

const everyone: Rule = {
  code: 'TP007',
  title: 'not everyone is let in',
  severity: 'security',
  why: 'any identity of any AWS account can then assume the role',
  fix: 'name the principals, or narrow with aws:PrincipalOrgID, aws:PrincipalArn or aws:PrincipalAccount',
  find: ({ policy }) =>
    open(policy)
      .filter((statement) => externalIds(statement).length === 0)
      .flatMap((statement) =>
        principalsOf(statement, 'everyone').map((principal) => ({
          at: principal,
          observed:
            statement.conditions.length === 0
              ? 'the principal {"AWS": "*"} is everyone in every account, and no condition narrows it'
              : 'the principal {"AWS": "*"} is everyone in every account, and no condition keeps strangers out',
        })),
      ),
};

const secretOnly: Rule = {
  code: 'TP008',
  title: 'an external id is not the only guard',
  severity: 'security',
  why: 'an external id is no password: it travels in plain text through logs and consoles, and it is made to tell customers of a known account apart',
  fix: 'name the account or the role that may use the external id',
  find: ({ policy }) =>
    open(policy).flatMap((statement) =>
      externalIds(statement).map((condition) => ({
        at: condition,
        observed: 'the principal {"AWS": "*"} is everyone, and only the external id keeps strangers out',
      })),
    ),
};

/** Statements that let everyone in with nothing that narrows them. */
function open(policy: Policy): Statement[] {
  if (policy.statements.some(isNarrowingDeny)) return [];
  return allows(policy).filter(
    (statement) =>
      principalsOf(statement, 'everyone').length > 0 &&
      ASSUME_ACTIONS.some((action) => coversAction(statement, action)) &&
      !statement.conditions.some((condition) => isGuard(condition) && narrows(condition)),
  );
}

const externalIds = (statement: Statement): Condition[] =>
  conditionsOn(statement, (key) => key === 'sts:externalid').filter(isGuard);

/** A Deny for all who are not of ours does what a condition on the Allow would. */
const isNarrowingDeny = (statement: Statement): boolean =>
  statement.effect === 'Deny' &&
  principalsOf(statement, 'everyone').length > 0 &&
  coversAction(statement, 'sts:AssumeRole') &&
  statement.conditions.length === 1 &&
  isNegated(statement.conditions[0]!.operator) &&
  statement.conditions[0]!.operator.set === null &&
  narrows(statement.conditions[0]!);

function narrows({ key, values, operator }: Condition): boolean {
  if (!NARROWING.includes(key.toLowerCase()) || operator.name === 'Null') return false;
  return values.length > 0 && values.every(({ text }) => !isUnbounded(key.toLowerCase(), text));
}

/** Whether a value lets strangers in: all addresses, every organisation, any account's role of a name. */
function isUnbounded(key: string, value: string): boolean {
  if (/^[*?]*$/.test(value) || /^(?:0\.0\.0\.0|::)\/0$/.test(value)) return true;
  if (/^o-\*/.test(value)) return true;
  if (key === 'aws:principalisawsservice') return value.toLowerCase() !== 'true';
  if (key !== 'aws:principalarn' && key !== 'aws:sourcearn')
    return /^[*?]/.test(value) && key !== 'aws:principalorgpaths';
  const account = value.split(':')[4] ?? '';
  return /[*?]/.test(account) || account === '';
}

export const publicRules: readonly Rule[] = [everyone, secretOnly];

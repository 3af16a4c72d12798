// A policy as a set of grants, each one principal, one action and its conditions in a canonical form,
// so that two documents can be compared by what they mean: order, lists and case do not matter.
import { TRUST_ACTIONS } from '../model/policy/actions.ts';
import { isNegated } from '../model/policy/operators.ts';
import type { Condition, Policy, Principal, Statement } from '../model/policy.ts';

export interface Grant {
  effect: 'Allow' | 'Deny';
  /** Such as `AWS arn:aws:iam::111122223333:root`; a bare account id is written as its root. */
  principal: string;
  action: string;
  /** Canonical text of all conditions; empty for none. */
  conditions: string;
  /** The condition lines, for people. */
  conditionLines: string[];
  /** The lines as they were read. */
  lines: readonly Condition[];
  statementIndex: number;
}

export const keyOf = ({ effect, principal, action, conditions }: Grant): string =>
  [effect, principal, action, conditions].join('\n');

/**
 * Whether one of the others, alone, does all that a grant does: the same effect, principal and action, and
 * on conditions that hold wherever the grant's do, as far as the texts tell.
 */
export const isCovered = (grant: Grant, others: readonly Grant[]): boolean =>
  others.some(
    (other) =>
      other.effect === grant.effect &&
      other.principal === grant.principal &&
      other.action === grant.action &&
      other.lines.every((wide) => grant.lines.some((narrow) => implies(narrow, wide))),
  );

/** Whether a line holds only when another of the same operator and key does: it has fewer values. */
function implies(narrow: Condition, wide: Condition): boolean {
  if (narrow.operatorText !== wide.operatorText || narrow.key.toLowerCase() !== wide.key.toLowerCase())
    return false;
  const texts = (condition: Condition): string[] => condition.values.map(({ text }) => text);
  const [few, many] = isNegated(narrow.operator) ? [wide, narrow] : [narrow, wide];
  return texts(few).every((text) => texts(many).includes(text));
}

/** All grants of a document, the same one as often as it is written. */
export function grantsOf(policy: Policy): Grant[] {
  return policy.statements.flatMap((statement) => grantsOfStatement(statement));
}

export function grantsOfStatement(statement: Statement): Grant[] {
  const conditionLines = statement.conditions.map(conditionLine).sort();
  return statement.principals.flatMap((principal) =>
    actionsOf(statement).map((action) => ({
      effect: statement.effect,
      principal: principalText(principal),
      action,
      conditions: statement.conditions.map(canonicalCondition).sort().join('\n'),
      conditionLines,
      lines: statement.conditions,
      statementIndex: statement.index,
    })),
  );
}

function actionsOf({ actions, exceptActions }: Statement): string[] {
  const texts = actions.map(({ text }) => canonicalAction(text));
  return exceptActions ? [`all but ${texts.sort().join(', ')}`] : [...new Set(texts)];
}

const canonicalAction = (text: string): string =>
  TRUST_ACTIONS.find((action) => action.toLowerCase() === text.toLowerCase()) ?? text.toLowerCase();

function principalText({ type, names, text }: Principal): string {
  if (names.kind !== 'account') return `${type} ${text}`;
  return `AWS arn:${names.partition ?? 'aws'}:iam::${names.account}:root`;
}

const canonicalCondition = ({ operatorText, key, values }: Condition): string =>
  JSON.stringify([operatorText, key.toLowerCase(), [...new Set(values.map(({ text }) => text))].sort()]);

/** Such as `StringEquals sts:ExternalId: blue or red`. */
const conditionLine = ({ operatorText, key, values }: Condition): string =>
  `${operatorText} ${key}: ${values.map(({ text }) => text).join(' or ') || 'nothing'}`;

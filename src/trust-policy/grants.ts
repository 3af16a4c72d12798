// A policy as a set of grants, each one principal, one action and its conditions in a canonical form,
// so that two documents can be compared by what they mean: order, lists and case do not matter.
import { TRUST_ACTIONS } from '../model/policy/actions.ts';
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
  statementIndex: number;
}

export const keyOf = ({ effect, principal, action, conditions }: Grant): string =>
  [effect, principal, action, conditions].join('\n');

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

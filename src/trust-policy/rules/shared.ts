// Questions that several rules ask of a statement.
import { isNegated } from '../../model/policy/operators.ts';
import type { Condition, Policy, Principal, PrincipalKind, Statement } from '../../model/policy.ts';

export const allows = (policy: Policy): Statement[] =>
  policy.statements.filter(({ effect }) => effect === 'Allow');

export type PrincipalOf<K extends PrincipalKind['kind']> = Principal & {
  names: Extract<PrincipalKind, { kind: K }>;
};

export const principalsOf = <K extends PrincipalKind['kind']>(
  statement: Statement,
  kind: K,
): PrincipalOf<K>[] =>
  statement.principals.filter((principal): principal is PrincipalOf<K> => principal.names.kind === kind);

export const hasKind = (statement: Statement, ...kinds: PrincipalKind['kind'][]): boolean =>
  statement.principals.some(({ names }) => kinds.includes(names.kind));

export const conditionsOn = (statement: Statement, isKey: (foldedKey: string) => boolean): Condition[] =>
  statement.conditions.filter(({ key }) => isKey(key.toLowerCase()));

/** Whether a line holds only when its key is there with one of the values. */
export const isGuard = ({ operator, values }: Condition): boolean =>
  operator.name === 'Null'
    ? values.length > 0 && values.every(({ text }) => text.toLowerCase() === 'false')
    : !isNegated(operator) && !operator.ifExists && operator.set !== 'ForAllValues';

/** Whether a line asks for more than that its key is there, or is not. */
export const asksForMore = ({ operator }: Condition): boolean => operator.name !== 'Null';

/** How a line can hold although its key is absent; null when it cannot. */
export function loophole({ operator, operatorText }: Condition): string | null {
  if (operator.name === 'Null') return null;
  if (operator.set === 'ForAllValues') return `${operatorText} also holds when the key is absent`;
  if (operator.ifExists) return `${operatorText} also holds when the key is absent`;
  return isNegated(operator) && operator.set === null
    ? `${operatorText} holds for all but a few values, and when the key is absent`
    : null;
}

export const joined = (texts: readonly string[]): string =>
  texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;

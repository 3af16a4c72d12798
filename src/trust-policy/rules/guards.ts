// Rules on statements whose only guard is a condition that also holds when its key is missing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
import { isNegated } from '../../model/policy/operators.ts';
import type { Condition, Policy, Statement } from '../../model/policy.ts';
import { moveCondition } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, asksForMore, conditionsOn, hasKind, isGuard, loophole, principalsOf } from './shared.ts';

// AWS sets these in every request, so that IfExists changes nothing.
const ALWAYS_PRESENT =
  /^aws:(?:principalarn|principalaccount|principaltype|userid|currenttime|epochtime|securetransport|requestedregion)$/;

const forAllValues: Rule = {
  code: 'TP048',
  title: 'ForAllValues is not the only guard',
  severity: 'security',
  why: 'ForAllValues asks that no value is wrong, and of no value at all that is true: it also holds when the key is missing',
  fix: 'use the operator without ForAllValues, or add {"Null": {"KEY": "false"}}',
  find: ({ policy }) =>
    weakGuards(policy, forAllValues.fix, (condition) => condition.operator.set === 'ForAllValues'),
};

const optional: Rule = {
  code: 'TP049',
  title: 'IfExists or a negation is not the only guard',
  severity: 'security',
  why: 'the condition also holds when the key is missing from the request',
  fix: 'use the operator without IfExists and without Not, with the values that are wanted',
  find: ({ policy }) =>
    weakGuards(policy, optional.fix, (condition) => condition.operator.set !== 'ForAllValues'),
};

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
const MULTI_VALUED = /^aws:(?:principalorgpaths|tagkeys|sourceorgpaths|vpceorgpaths)$|:amr$/i;

/** The same operator, holding only when the key is there. */
const strict = ({ key, operator }: Condition): string =>
  `${MULTI_VALUED.test(key) ? 'ForAnyValue:' : ''}${operator.name}`;

function weakGuards(policy: Policy, fix: string, isMine: (condition: Condition) => boolean): Violation[] {
  return allows(policy).flatMap((statement) => {
    const { guards, isBroad } = guardsOf(statement);
    // With one line that needs its key, the others are not the only guard.
    if (guards.length === 0 || guards.some((condition) => isStrong(condition, statement))) return [];
    const mine = guards.filter(isMine);
    // Where both kinds stand, each rule tells its own.
    return mine.map((condition) => ({
      at: condition,
      observed: `only ${condition.key} guards statement ${statement.index}, and ${loophole(condition) ?? 'it can be missing'}`,
      ...(isNegated(condition.operator)
        ? {}
        : { fix: { text: fix, correct: moveCondition(condition.pointer, strict(condition)) } }),
      ...(isBroad ? {} : { status: 'warn' as const, severity: 'warning' as const }),
    }));
  });
}

/** The lines on which a statement relies, and whether without them it lets in more than a named few. */
function guardsOf(statement: Statement): { guards: Condition[]; isBroad: boolean } {
  const subjects = principalsOf(statement, 'oidc').flatMap(({ names }) =>
    conditionsOn(statement, (key) => key === `${names.issuer}:sub`.toLowerCase()).filter(asksForMore),
  );
  if (hasKind(statement, 'oidc')) return { guards: subjects, isBroad: true };
  const isBroad = hasKind(statement, 'everyone', 'account', 'saml');
  // What goes with a request, such as its tags, is no guard on who asks.
  const guards = statement.conditions.filter(
    ({ key, operator }) =>
      operator.name !== 'Null' &&
      !/^(?:aws:tagkeys|sts:transitivetagkeys|aws:requesttag\/.*|saml:aud)$/i.test(key),
  );
  return { guards, isBroad };
}

const isStrong = (condition: Condition, statement: Statement): boolean => {
  if (isGuard(condition)) return true;
  const { operator } = condition;
  const folded = condition.key.toLowerCase();
  const isNegation = isNegated(operator);
  // An account is a guard itself: "all of it but these" leaves no stranger in.
  if (ALWAYS_PRESENT.test(folded) && operator.set === null)
    return !isNegation || !hasKind(statement, 'everyone');
  // A Null line that demands the key closes the hole.
  const isDemanded = statement.conditions.some(
    (other) => other.operator.name === 'Null' && other.key.toLowerCase() === folded && isGuard(other),
  );
  return !isNegation && isDemanded;
};

export const guardRules: readonly Rule[] = [forAllValues, optional];

// Whether one statement applies to a request: its principals, its actions (and resources), and every
// line of its Condition must.
import { coversAction } from '../policy/actions.ts';
import type { Policy, Statement } from '../policy/types.ts';
import { literal, wildcardMatches } from '../policy/wildcard.ts';
import { type Caller, isInAccount } from './caller.ts';
import { describe, evaluateCondition } from './condition.ts';
import type { Facts } from './facts.ts';
import { type Means, matchPrincipals, type Route } from './match-principal.ts';
import { allOf, anyOf, not, type Truth } from './truth.ts';
import { substitute } from './variables.ts';

/** Whether it matches at all, and whom it means by it. */
export interface TrustMatch extends Means {
  matched: Truth;
  route: Route | null;
  why: string;
  needs: string[];
}

export interface StatementRequest {
  caller: Caller;
  action: string;
  /** Null when the role is not known. */
  roleArn: string | null;
  facts: Facts;
}

/** Only documents of this version know policy variables. */
export const hasVariables = (policy: Policy): boolean => policy.version?.text === '2012-10-17';

/** Applies a statement of a trust policy. */
export function matchTrustStatement(
  statement: Statement,
  policy: Policy,
  request: StatementRequest,
): TrustMatch {
  const refused = (why: string): TrustMatch => ({
    matched: false,
    direct: false,
    asRole: false,
    delegated: false,
    route: null,
    why,
    needs: [],
  });
  if (!coversAction(statement, request.action)) return refused(actionFault(statement, request.action));
  const { route, why, needs, ...means } = matchPrincipals(statement, request.caller);
  if (route === null) return refused(why);
  const conditions = matchConditions(statement, policy, request.facts);
  if (conditions.truth === false) return refused(`${why}, but ${conditions.why}`);
  const under = (truth: Truth): Truth => allOf([truth, conditions.truth]);
  const matched = under(anyOf([means.direct, means.asRole, means.delegated]));
  const verb = statement.effect === 'Allow' ? 'grants' : 'denies';
  const tail = matched === true ? ` and ${verb} ${request.action}` : '';
  return {
    matched,
    direct: under(means.direct),
    asRole: under(means.asRole),
    delegated: under(means.delegated),
    route,
    why: (conditions.why === '' ? why : `${why}; ${conditions.why}`) + tail,
    needs: [...needs, ...conditions.needs],
  };
}

/** Applies a statement of the caller's own policy. */
export function matchIdentityStatement(
  statement: Statement,
  policy: Policy,
  request: StatementRequest,
): { matched: Truth; needs: string[] } {
  const refused = { matched: false, needs: [] };
  if (!coversAction(statement, request.action)) return refused;
  const resource = coversRole(statement, policy, request);
  if (resource === false) return refused;
  const conditions = matchConditions(statement, policy, request.facts);
  if (conditions.truth === false) return refused;
  const needs = resource === 'unknown' ? ['the ARN of the role', ...conditions.needs] : conditions.needs;
  return { matched: allOf([resource, conditions.truth]), needs };
}

function actionFault({ effect, actions, exceptActions }: Statement, action: string): string {
  const texts = actions.map(({ text }) => text).join(', ');
  if (exceptActions) return `it excepts ${texts}`;
  return `it ${effect === 'Allow' ? 'allows' : 'denies'} ${texts || 'no action'}, not ${action}`;
}

function coversRole(
  { resources, exceptResources }: Statement,
  policy: Policy,
  { roleArn, caller, facts }: StatementRequest,
): Truth {
  const covered = anyOf(
    resources.map(({ text }) => {
      if (text === '*') return true;
      if (roleArn === null) return coversAnyRole(text, caller);
      const wanted = substitute(text, facts, hasVariables(policy));
      if (wanted.state === 'unknown') return 'unknown';
      if (wanted.state === 'void') return false;
      return wildcardMatches(
        wanted.pieces.map(({ text, isLiteral }) => (isLiteral ? literal(text) : text)).join(''),
        roleArn,
      );
    }),
  );
  return exceptResources ? not(covered) : covered;
}

/** For a role of the caller's account that is not known. */
function coversAnyRole(pattern: string, caller: Caller): Truth {
  if (!isInAccount(caller)) return 'unknown';
  const roles = `arn:${caller.partition}:iam::${caller.account}:role/`;
  if (pattern.endsWith('*') && wildcardMatches(pattern, roles)) return true;
  const head = pattern.split(/[*?$]/, 1)[0]!;
  return roles.startsWith(head) || head.startsWith(roles) ? 'unknown' : false;
}

function matchConditions(
  statement: Statement,
  policy: Policy,
  facts: Facts,
): { truth: Truth; why: string; needs: string[] } {
  let truth: Truth = true;
  const whys: string[] = [];
  const needs: string[] = [];
  for (const condition of statement.conditions) {
    const result = evaluateCondition(condition, facts, hasVariables(policy));
    if (result.truth === false) return { truth: false, why: result.why, needs: [] };
    if (result.truth === 'unknown') {
      truth = 'unknown';
      whys.push(result.why);
      needs.push(
        ...result.unknownKeys.map((key) =>
          key === condition.key ? describe(condition) : `a value for ${key}`,
        ),
      );
    }
  }
  return { truth, why: whys.join('; '), needs };
}

// The rule on statements that trust the issuers of several clusters, and how one is split: a statement for
// each provider, with the conditions on its own claims and those that are on no claims at all.
import type { Condition, Statement } from '../../model/policy.ts';
import { type Correction, isObject, type JsonObject, valueAt } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows, isGuard, principalsOf } from './shared.ts';
import { claims } from './tokens.ts';

const oneCluster: Rule = {
  code: 'TP050',
  title: 'each statement trusts one cluster',
  severity: 'warning',
  why: 'conditions on the claims of both issuers never hold together, and conditions on one leave the other open',
  fix: 'write one statement per provider',
  find: ({ policy }) =>
    allows(policy)
      .filter(
        (statement) => new Set(principalsOf(statement, 'oidc').map(({ names }) => names.issuer)).size > 1,
      )
      .map(
        (statement): Violation => ({
          at: statement,
          observed: `statement ${statement.index} trusts ${principalsOf(statement, 'oidc').length} OIDC providers at once`,
          ...(asksSeveral(statement) && {
            severity: 'error',
            status: 'fail',
            observed: `statement ${statement.index} asks for claims of several OIDC providers at once, and no token has them`,
          }),
          fix: { text: oneCluster.fix, correct: splitByProvider(statement) },
        }),
      ),
};

/** Whether the claims of more than one provider must be there together, so that nobody gets in. */
const asksSeveral = (statement: Statement): boolean =>
  principalsOf(statement, 'oidc').filter(({ names }) =>
    statement.conditions.some(
      (condition) =>
        isGuard(condition) && condition.key.toLowerCase().startsWith(`${names.issuer.toLowerCase()}:`),
    ),
  ).length > 1 && statement.principals.every(({ names }) => names.kind === 'oidc');

const splitByProvider =
  (statement: Statement): Correction =>
  (document) => {
    const statements = document['Statement'];
    const original = valueAt(document, statement.pointer);
    const providers = principalsOf(statement, 'oidc');
    if (!isObject(original) || providers.length < statement.principals.length) return false;
    // Apart from the others, a provider without a condition of its own would let all its tokens in.
    if (providers.some((provider) => claims(statement, provider, 'sub').length === 0)) return false;
    const split = providers.map(({ text, names }, position) => {
      const others = providers.filter((provider) => provider.names.issuer !== names.issuer);
      const foreign = statement.conditions.filter(({ key }) =>
        others.some((provider) => key.toLowerCase().startsWith(`${provider.names.issuer.toLowerCase()}:`)),
      );
      const { Sid, Condition, ...rest } = structuredClone(original);
      const kept = isObject(Condition) ? without(Condition, foreign) : {};
      return {
        ...(typeof Sid === 'string' && Sid !== '' && { Sid: position === 0 ? Sid : `${Sid}${position + 1}` }),
        ...rest,
        Principal: { Federated: text },
        ...(Object.keys(kept).length > 0 && { Condition: kept }),
      };
    });
    if (Array.isArray(statements)) statements.splice(statement.index, 1, ...split);
    else document['Statement'] = split;
    return true;
  };

function without(conditions: JsonObject, foreign: readonly Condition[]): JsonObject {
  for (const { operatorText, key } of foreign) {
    const lines = conditions[operatorText];
    if (!isObject(lines)) continue;
    delete lines[key];
    if (Object.keys(lines).length === 0) delete conditions[operatorText];
  }
  return conditions;
}

export const clusterRules: readonly Rule[] = [oneCluster];

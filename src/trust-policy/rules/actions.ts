// Rules on what the document allows: actions that do not fit whom it names, and actions that are too
// many or none of a trust policy's.
import { ASSUME_ACTIONS, coversAction, TRUST_ACTIONS } from '../../model/policy/actions.ts';
import type { Located, Policy, Principal, Statement } from '../../model/policy.ts';
import { oneOrMany } from '../document.ts';
import { type Correction, removeValue, setKey } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { allows } from './shared.ts';

/** By which action a principal asks for a role. */
function actionOf({ names }: Principal): string {
  if (names.kind === 'oidc') return 'sts:AssumeRoleWithWebIdentity';
  return names.kind === 'saml' ? 'sts:AssumeRoleWithSAML' : 'sts:AssumeRole';
}

const awsActions: Rule = {
  code: 'TP022',
  title: 'AWS and service principals may call sts:AssumeRole',
  severity: 'error',
  why: 'roles, users and services ask with sts:AssumeRole; the other actions are for tokens and assertions',
  fix: 'write "Action": "sts:AssumeRole"',
  find: ({ policy }) => mismatches(policy, ({ type }) => type !== 'Federated'),
};

const federatedActions: Rule = {
  code: 'TP023',
  title: "federated principals may call their provider's action",
  severity: 'error',
  why: 'a token is exchanged by sts:AssumeRoleWithWebIdentity and an assertion by sts:AssumeRoleWithSAML; sts:AssumeRole takes neither',
  fix: 'write "Action": "sts:AssumeRoleWithWebIdentity" for an OIDC provider, "sts:AssumeRoleWithSAML" for a SAML provider',
  find: ({ policy }) => mismatches(policy, ({ type }) => type === 'Federated'),
};

/** Principals that no statement lets ask in their own way, and actions that no principal here can call. */
function mismatches(policy: Policy, isMine: (principal: Principal) => boolean): Violation[] {
  return allows(policy).flatMap((statement) => {
    const mine = statement.principals.filter(isMine);
    const stranded = mine.filter((principal) => !isServed(policy, statement, principal));
    if (stranded.length > 0) {
      const [first] = stranded;
      return [
        {
          at: statement.actions[0] ?? statement,
          observed: `${first!.text} asks with ${actionOf(first!)}, and the statement allows ${texts(statement.actions)}`,
          fix: {
            text: `add "${actionOf(first!)}" to the statement's Action`,
            correct: withAction(statement, actionOf(first!)),
          },
        },
      ];
    }
    if (mine.length === 0 || mine.length < statement.principals.length) return [];
    return statement.actions
      .filter((action) => isIdle(action, statement))
      .map((action) => ({
        at: action,
        status: 'warn' as const,
        severity: 'warning' as const,
        observed: `"${action.text}" has no effect: none of the statement's principals can call it`,
        fix: { text: 'remove the action', correct: removeValue(action.pointer) },
      }));
  });
}

/** Writes an action in place of those that none of the statement's principals can call. */
const withAction =
  (statement: Statement, action: string): Correction =>
  (document) => {
    if (statement.exceptActions) return false;
    const kept = statement.actions.filter((other) => !isIdle(other, statement)).map(({ text }) => text);
    return setKey(statement.pointer, 'Action', oneOrMany([action, ...kept]))(document);
  };

/** The actions that the statement's principals can call, of those that a pattern covers. */
const listed =
  (statement: Statement, pattern: Located): Correction =>
  (document) => {
    const asked = new Set(statement.principals.map(actionOf));
    const needed = TRUST_ACTIONS.filter(
      (action) => coversAction(statement, action) && (asked.has(action) || action === 'sts:TagSession'),
    );
    const others = statement.actions.filter((action) => action !== pattern).map(({ text }) => text);
    const actions = [...new Set([...others, ...needed])];
    return asked.size > 0 && setKey(statement.pointer, 'Action', oneOrMany(actions))(document);
  };

/** A statement may also add sts:TagSession to what another statement grants. */
const isServed = (policy: Policy, statement: Statement, principal: Principal): boolean =>
  coversAction(statement, actionOf(principal)) ||
  (!ASSUME_ACTIONS.some((action) => coversAction(statement, action)) &&
    allows(policy).some(
      (other) =>
        coversAction(other, actionOf(principal)) &&
        other.principals.some(
          (candidate) => candidate.text === principal.text || isWider(candidate, principal),
        ),
    ));

const isWider = ({ names }: Principal, narrow: Principal): boolean =>
  narrow.type === 'AWS' &&
  (names.kind === 'everyone' ||
    narrow.names.kind === 'everyone' ||
    (names.kind === 'account' && 'account' in narrow.names && narrow.names.account === names.account) ||
    (narrow.names.kind === 'account' && 'account' in names && names.account === narrow.names.account));

const isIdle = ({ text }: Located, { principals }: Statement): boolean =>
  ASSUME_ACTIONS.some((action) => action.toLowerCase() === text.toLowerCase()) &&
  principals.every((principal) => actionOf(principal).toLowerCase() !== text.toLowerCase());

const broadActions: Rule = {
  code: 'TP024',
  title: 'actions are those of sts that a trust policy needs',
  severity: 'error',
  why: 'IAM answers: AssumeRole policy may only specify STS AssumeRole actions',
  fix: 'list the actions: sts:AssumeRole, and sts:TagSession or sts:SetSourceIdentity where they are used',
  find: ({ policy }) =>
    policy.statements.flatMap((statement) => {
      const wide = statement.effect === 'Allow';
      const why = 'whatever AWS adds under this pattern later is allowed with it';
      if (statement.exceptActions && wide)
        return [
          {
            at: statement.actions[0] ?? statement,
            status: 'warn' as const,
            severity: 'warning' as const,
            observed: '"NotAction" allows everything else',
            why,
          },
        ];
      return statement.actions.flatMap((action): Violation[] => {
        if (!wide || !/^sts:.*[*?]/i.test(action.text)) return [];
        return [
          {
            at: action,
            status: 'warn',
            severity: 'warning',
            observed: `the action "${action.text}" holds a wildcard`,
            why,
            fix: { text: broadActions.fix, correct: listed(statement, action) },
          },
        ];
      });
    }),
};

const resource: Rule = {
  code: 'TP003',
  title: 'no Resource',
  severity: 'error',
  why: 'IAM answers: Has prohibited field Resource. The role that carries the policy is the resource',
  fix: 'remove it',
  find: () => [],
};

const texts = (actions: readonly Located[]): string =>
  actions.map(({ text }) => text).join(', ') || 'no action';

export const actionRules: readonly Rule[] = [resource, awsActions, federatedActions, broadActions];

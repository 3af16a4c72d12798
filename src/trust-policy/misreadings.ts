// What a reader might wrongly believe of a trust policy: beliefs that people hold, each with the form of
// document that invites it.
import { isReservedName } from '../model/arn.ts';
import { isNegated } from '../model/policy/operators.ts';
import type { Condition, Policy, PrincipalKind, Statement } from '../model/policy.ts';
import { demandsKey } from './condition-words.ts';
import { hasKind, principalsOf } from './rules/shared.ts';
import { isKubernetes } from './rules/tokens.ts';

/** Sentences on what people take such a policy for and what it is not; empty when nothing invites it. */
export function misreadings(policy: Policy): string[] {
  const allows = policy.statements.filter(({ effect }) => effect === 'Allow');
  const denies = policy.statements.filter(({ effect }) => effect === 'Deny');
  const has = (...kinds: PrincipalKind['kind'][]): boolean =>
    allows.some((statement) => hasKind(statement, ...kinds));
  const all: [boolean, string][] = [
    [
      allows.some((statement) =>
        principalsOf(statement, 'account').some(({ text }) => text.endsWith(':root')),
      ),
      '":root" does not mean the root user: it stands for the whole account. The root user itself may not assume roles.',
    ],
    [
      has('role'),
      "Naming a role trusts whoever can get its credentials: for a node's role that is every process on the node that reaches the instance metadata, such as pods with hostNetwork.",
    ],
    [
      has('role'),
      'The ARN of a role holds its path, the ARN of its sessions does not: role/team/node and role/node are two different principals here.',
    ],
    [
      has('session'),
      "A session's name is chosen by whoever starts it; for instances it is the instance's id, so that a new node has another.",
    ],
    [
      onKey(policy.statements, /^sts:ExternalId$/i, ({ operator }) => operator.name !== 'Null'),
      'An external id is no password: it tells customers apart and shows up in logs.',
    ],
    [
      allows.some(
        (statement) =>
          hasKind(statement, 'everyone') && onKey([statement], /^aws:PrincipalOrg(?:ID|Paths)$/i),
      ),
      'Every account of the organisation counts, a sandbox too: whoever administers one can let itself in.',
    ],
    [
      allows.some((statement) =>
        principalsOf(statement, 'oidc').some((provider) => isKubernetes(provider, statement)),
      ),
      'The subject names a service account, not a pod: every pod that may use the service account gets the role.',
    ],
    [
      onKey(allows, /^token\.actions\.githubusercontent\.com:sub$/i, ({ values }) =>
        values.some(({ text }) => text.endsWith(':*')),
      ),
      'A star at the end of a GitHub subject takes every branch, tag, environment and pull request: whoever may push any branch can change what runs.',
    ],
    [
      onKey(allows, /^token\.actions\.githubusercontent\.com:sub$/i, isByNamesAlone),
      'GitHub writes ids into the subjects of repositories that were made, renamed or moved since 15 July 2026, as in repo:acme@12/shop@34:ref:refs/heads/main: a subject of names alone does not fit them.',
    ],
    [
      onKey(allows, /:sub$/i, ({ values }) =>
        values.some(({ text }) => /^project_path:.*:(?:ref:)?\*$/.test(text)),
      ),
      'A star at the end of a GitLab subject takes every branch: whoever may push any branch can change what runs.',
    ],
    [
      onKey(allows, /:sub$/i, ({ values }) =>
        values.some(({ text }) => /^organization:[^:]*:project:.*\*$/.test(text)),
      ),
      'A plan runs code, too: where pull requests start plans, whoever may open one gets the role under run_phase:*.',
    ],
    [
      allows.some(
        (statement) =>
          principalsOf(statement, 'oidc').some(({ text }) => text === COGNITO) &&
          !onKey(
            [statement],
            /:amr$/i,
            ({ values }) => !values.some(({ text }) => /^(?:un.*|\*)$/i.test(text)),
          ),
      ),
      'Users of an identity pool need not have signed in unless the document asks for it: then everyone counts who knows the id of the pool, which every app tells that uses it.',
    ],
    [
      onKey(allows, /^accounts\.google\.com:aud$/i),
      "accounts.google.com:aud is compared with the token's azp where it has one; its audience is accounts.google.com:oaud.",
    ],
    [
      allows.some(
        (statement) =>
          principalsOf(statement, 'service').some(({ text }) => text === 'rolesanywhere.amazonaws.com') &&
          !onKey([statement], /^aws:(?:SourceArn|PrincipalTag\/x509.*)$/i),
      ),
      'Without a condition on aws:SourceArn or the certificate, every certificate of every trust anchor of the account counts, of a later one too.',
    ],
    [
      allows.some((statement) =>
        principalsOf(statement, 'role').some(({ names }) => isReservedName(names.name)),
      ),
      'IAM Identity Center makes the role of a permission set anew, with another suffix, once its last assignment is gone: nobody has the name here then.',
    ],
    [
      onKey(
        allows,
        /./,
        ({ key, values }) =>
          /^aws:username$/i.test(key) || values.some(({ text }) => /\$\{aws:username\}/i.test(text)),
      ),
      'Only users have a user name: a session of a role has none, and does not fit.',
    ],
    [
      onKey(allows, /^aws:SourceIp$/i),
      'The address is the one that AWS sees: that of a NAT gateway, and none at all when the call comes through a VPC endpoint.',
    ],
    [
      onKey(allows, /^aws:MultiFactorAuth/i),
      'Only a user can have signed in with MFA: a role that was assumed on the way does not count as such.',
    ],
    [
      policy.statements.some(({ conditions }) =>
        conditions.some((one) => one.operator.set === 'ForAllValues' && !isDemanded(one, conditions)),
      ),
      'ForAllValues also holds when the key is missing.',
    ],
    [
      policy.statements.some(({ conditions }) =>
        conditions.some((one) => one.operator.ifExists && !isDemanded(one, conditions)),
      ),
      'IfExists also holds when the key is missing.',
    ],
    [
      onKey(
        policy.statements,
        /./,
        ({ operator, values }) =>
          /^StringEquals/.test(operator.name) && values.some(({ text }) => text.includes('*')),
      ),
      'A star under StringEquals is a plain character.',
    ],
    [denies.length > 0, 'A Deny wins over every Allow, wherever it stands.'],
    [
      denies.some(({ conditions }) =>
        conditions.some(({ operator }) => isNegated(operator) && !operator.ifExists),
      ),
      'A negated condition also holds when the key is missing: whoever has no such key is denied as well.',
    ],
    [has('role', 'account', 'everyone'), 'A role does not trust itself unless its document says so.'],
  ];
  return all.filter(([applies]) => applies).map(([, text]) => text);
}

/** Whether a Null line beside demands the key. */
const isDemanded = ({ key }: Condition, conditions: readonly Condition[]): boolean =>
  conditions.some((other) => demandsKey(other) && other.key.toLowerCase() === key.toLowerCase());

const COGNITO = 'cognito-identity.amazonaws.com';

/** Subjects none of which could fit a repository whose subjects have ids. */
const isByNamesAlone = ({ values }: Condition): boolean =>
  values.length > 0 && values.every(({ text }) => /^repo:[^@*?:]+(?:\/[^@*?:]+|\/\*)(?::|$)/.test(text));

const onKey = (
  statements: readonly Statement[],
  pattern: RegExp,
  test: (condition: Condition) => boolean = () => true,
): boolean =>
  statements.some(({ conditions }) =>
    conditions.some((condition) => pattern.test(condition.key) && test(condition)),
  );

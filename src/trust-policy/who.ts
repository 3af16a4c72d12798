// Who can become a role, from trust policies alone: those that its own names, and behind each role among
// them those that its policy names, and so on. What their own policies allow is not looked at.

import { ASSUME_ACTIONS, coversAction } from '../model/policy/actions.ts';
import type { Policy, Principal, Statement } from '../model/policy.ts';
import { visible } from '../model/visible.ts';
import { conditionsWords } from './condition-words.ts';
import { type PodsThatCan, renderPods } from './who-pods.ts';
import { principalsWords, principalWords } from './words.ts';

export interface Who {
  /** As the policy names it. */
  principal: string;
  words: string;
  /** 0-based, of the policy that names it. */
  statement: number;
  actions: string[];
  /** Each must hold. */
  conditions: string[];
  /**
   * `named`: it needs nothing more in the same account. `delegated`: its own policies must allow it.
   * `federated`: with a token or assertion. `service`: where the role is attached. `nobody`: it was deleted.
   */
  by: 'named' | 'delegated' | 'federated' | 'service' | 'nobody';
  /** Who can become it in turn; null where its policy is not known, or it stands above already. */
  next: Who[] | null;
}

export interface WhoCan {
  role: string;
  who: Who[];
  /** Statements that take some of it away again. */
  denies: string[];
}

/** @param policies trust policies by role ARN; without one of a role, the chain ends there */
export function whoCanAssume(role: string, policies: ReadonlyMap<string, Policy>): WhoCan {
  const own = policies.get(role);
  return {
    role,
    who: own ? named(own, policies, [role]) : [],
    denies: (own?.statements ?? []).filter(({ effect }) => effect === 'Deny').map(denyWords),
  };
}

function named(policy: Policy, policies: ReadonlyMap<string, Policy>, above: readonly string[]): Who[] {
  return policy.statements
    .filter(({ effect }) => effect === 'Allow')
    .filter(letsAssume)
    .flatMap((statement) =>
      statement.principals.map((principal) => ({
        principal: principal.text,
        words: principalWords(principal),
        statement: statement.index,
        actions: statement.actions.map(({ text }) => text),
        conditions: conditionsWords(statement.conditions),
        by: by(principal),
        next: behind(principal, policies, above),
      })),
    );
}

/** Tags and a source identity alone make nobody a role. */
const letsAssume = (statement: Statement): boolean =>
  ASSUME_ACTIONS.some((action) => coversAction(statement, action));

function by({ names }: Principal): Who['by'] {
  switch (names.kind) {
    case 'everyone':
    case 'account':
      return 'delegated';
    case 'oidc':
    case 'saml':
      return 'federated';
    case 'service':
      return 'service';
    case 'unique-id':
      return 'nobody';
    default:
      return 'named';
  }
}

function behind(
  { names, text }: Principal,
  policies: ReadonlyMap<string, Policy>,
  above: readonly string[],
): Who[] | null {
  if (names.kind !== 'role' || above.includes(text)) return null;
  const policy = policies.get(text);
  return policy ? named(policy, policies, [...above, text]) : null;
}

const denyWords = (statement: Statement): string => {
  const who = principalsWords(statement.principals) || 'nobody';
  const conditions = conditionsWords(statement.conditions).join(', and ');
  return `statement ${statement.index} forbids it to ${who}${conditions ? `, if ${conditions}` : ''}`;
};

/** What the words do not say themselves; empty for nothing. */
function needsOf({ by, principal, words }: Who): string {
  if (principal === '*') return 'from other accounts with a policy of its own';
  // EC2 and EKS Pod Identity already say where.
  return by === 'service' && !words.endsWith(')') ? 'where the role is attached' : '';
}

/** @param pods null when no cluster was looked into */
export function renderWho({ role, who, denies }: WhoCan, pods: PodsThatCan | null): string {
  return [
    role,
    ...(who.length === 0 ? ['  nobody: its trust policy lets nobody in'] : tree(who, '  ')),
    ...denies.map((deny) => `  but ${deny}`),
    ...(pods === null ? [] : renderPods(pods)),
  ]
    .map((line) => visible(line))
    .join('\n');
}

function tree(all: readonly Who[], indent: string): string[] {
  return all.flatMap((one, index) => {
    const isLast = index === all.length - 1;
    const tail = [needsOf(one), ...one.conditions.map((condition) => `if ${condition}`)].filter(Boolean);
    return [
      `${indent}${isLast ? '└' : '├'}─ ${one.words}${tail.length > 0 ? ` (${tail.join('; ')})` : ''}`,
      ...tree(one.next ?? [], `${indent}${isLast ? ' ' : '│'}  `),
    ];
  });
}

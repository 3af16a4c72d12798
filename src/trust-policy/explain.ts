// A trust policy in plain sentences: who may become the role, under which conditions, what each side
// still needs, and what a reader might wrongly believe.

import type { Result } from '../model/finding.ts';
import { TRUST_ACTIONS, type TrustAction, trustActionsOf } from '../model/policy/actions.ts';
import { type Policy, parsePolicy, type Statement } from '../model/policy.ts';
import { visible } from '../model/visible.ts';
import { checkPolicy } from './check.ts';
import { conditionsWords } from './condition-words.ts';
import type { PolicyText } from './input.ts';
import { misreadings } from './misreadings.ts';
import { needs } from './needs.ts';
import type { CheckOptions } from './rule.ts';
import { joined } from './rules/shared.ts';
import { principalsWords, statementName } from './words.ts';

export interface Explanation {
  /** One sentence per statement. */
  statements: string[];
  /** What must be true beside the document before anyone gets in. */
  needs: string[];
  /** Common misreadings that this document invites. */
  misreadings: string[];
  /** What `check` finds, one line each. */
  findings: string[];
  /** That IAM would refuse to save the document; null when it would not. */
  refusal: string | null;
}

export function explainTrust(document: PolicyText, policy: Policy, options: CheckOptions): Explanation {
  const { ok, faults } = parsePolicy(document.text);
  const [first] = faults;
  return {
    refusal:
      ok || !first
        ? null
        : `IAM would refuse to save this document (line ${first.line}: ${first.message}${first.hint?.includes(' ') ? `; ${first.hint}` : ''}). What could be read of it says:`,
    statements: policy.statements.map(statementSentence),
    needs: needs(policy, options.role?.account ?? options.account),
    misreadings: misreadings(policy),
    findings: checkPolicy(document, options)
      .filter(({ status }) => status !== 'pass')
      .map(findingLine),
  };
}

function statementSentence(statement: Statement): string {
  const who = principalsWords(statement.principals) || 'nobody';
  const conditions = conditionsWords(statement.conditions);
  const tail = conditions.length === 0 ? '' : `, if ${conditions.join(', and ')}`;
  const [first, ...rest] = statementName(statement);
  const does = statement.effect === 'Allow' ? 'lets' : 'forbids';
  return `${first?.toUpperCase()}${rest.join('')} ${does} ${who} ${actionWords(statement)}${tail}.`;
}

const DEEDS: Readonly<Record<TrustAction, string>> = {
  'sts:AssumeRole': 'become this role',
  'sts:AssumeRoleWithWebIdentity': 'become this role',
  'sts:AssumeRoleWithSAML': 'become this role',
  'sts:TagSession': 'tag the session',
  'sts:SetSourceIdentity': 'give the session a source identity',
  'sts:SetContext': 'give the session a context',
};

/** `become this role and tag the session (sts:AssumeRole, sts:TagSession)`. */
function actionWords(statement: Statement): string {
  const { effect, actions, exceptActions } = statement;
  const texts = actions.map(({ text }) => text);
  const deeds = [...new Set(texts.flatMap(trustActionsOf).map((action) => DEEDS[action]))];
  const to = effect === 'Allow' ? '' : 'to ';
  const every = effect === 'Allow' ? 'everything' : 'anything';
  if (exceptActions) return `${to}do ${every} with this role but call ${joined(texts) || 'nothing'}`;
  if (texts.some((text) => trustActionsOf(text).length === TRUST_ACTIONS.length))
    return `${to}do ${every} with this role that a trust policy can allow (${texts.join(', ')})`;
  if (deeds.length === 0) return `${to}call ${joined(texts) || 'nothing'}`;
  return `${to}${effect === 'Allow' ? joined(deeds) : deeds.join(' or ')} (${texts.join(', ')})`;
}

const findingLine = ({ code, status, severity, observed, subject }: Result): string =>
  `${code} (${status === 'warn' ? 'warning' : severity}, line ${subject.line}): ${observed}`;

export function renderExplanation({
  refusal,
  statements,
  needs,
  misreadings,
  findings,
}: Explanation): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  - ${line}`)];
  return [
    ...(refusal === null ? [] : [refusal, '']),
    ...statements,
    ...section('What must be true besides:', needs),
    ...section('What it does not mean:', misreadings),
    ...section('What check finds:', findings),
  ]
    .map((line) => visible(line))
    .join('\n');
}

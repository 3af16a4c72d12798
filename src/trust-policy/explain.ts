// A trust policy in plain sentences: who may become the role, under which conditions, what each side
// still needs, and what a reader might wrongly believe.
import type { Result } from '../model/finding.ts';
import type { Policy, Statement } from '../model/policy.ts';
import { checkPolicy } from './check.ts';
import { conditionWords } from './condition-words.ts';
import type { PolicyText } from './input.ts';
import { misreadings } from './misreadings.ts';
import { needs } from './needs.ts';
import type { CheckOptions } from './rule.ts';
import { joined } from './rules/shared.ts';
import { principalWords, statementName } from './words.ts';

export interface Explanation {
  /** One sentence per statement. */
  statements: string[];
  /** What must be true beside the document before anyone gets in. */
  needs: string[];
  /** Common misreadings that this document invites. */
  misreadings: string[];
  /** What `check` finds, one line each. */
  findings: string[];
}

export function explainTrust(document: PolicyText, policy: Policy, options: CheckOptions): Explanation {
  return {
    statements: policy.statements.map(statementSentence),
    needs: needs(policy, options.role?.account ?? options.account),
    misreadings: misreadings(policy),
    findings: checkPolicy(document, options)
      .filter(({ status }) => status !== 'pass')
      .map(findingLine),
  };
}

function statementSentence(statement: Statement): string {
  const who = joined(statement.principals.map(principalWords)) || 'nobody';
  const conditions = statement.conditions.map(conditionWords);
  const tail = conditions.length === 0 ? '' : `, if ${conditions.join(', and ')}`;
  const [first, ...rest] = statementName(statement);
  const does = statement.effect === 'Allow' ? 'lets' : 'forbids';
  return `${first?.toUpperCase()}${rest.join('')} ${does} ${who} ${actionWords(statement)}${tail}.`;
}

const DEEDS: Readonly<Record<string, string>> = {
  'sts:assumerole': 'become this role',
  'sts:assumerolewithwebidentity': 'become this role',
  'sts:assumerolewithsaml': 'become this role',
  'sts:tagsession': 'tag the session',
  'sts:setsourceidentity': 'give the session a source identity',
  'sts:setcontext': 'give the session a context',
};

/** `become this role and tag the session (sts:AssumeRole, sts:TagSession)`. */
function actionWords({ effect, actions, exceptActions }: Statement): string {
  const texts = actions.map(({ text }) => text);
  const deeds = texts.map((text) => DEEDS[text.toLowerCase()]);
  const to = effect === 'Allow' ? '' : 'to ';
  if (exceptActions || deeds.includes(undefined))
    return `${to}call ${exceptActions ? 'everything but ' : ''}${joined(texts) || 'nothing'}`;
  return `${to}${joined([...new Set(deeds as string[])])} (${texts.join(', ')})`;
}

const findingLine = ({ code, status, severity, observed, subject }: Result): string =>
  `${code} (${status === 'warn' ? 'warning' : severity}, line ${subject.line}): ${observed}`;

export function renderExplanation({ statements, needs, misreadings, findings }: Explanation): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  - ${line}`)];
  return [
    ...statements,
    ...section('What must be true besides:', needs),
    ...section('What it does not mean:', misreadings),
    ...section('What check finds:', findings),
  ].join('\n');
}

// The rules of a SARIF log: what code scanning shows beside an alert, and by what it sorts alerts.
// https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
import type { Result, Severity } from '../model/finding.ts';
import type { RenderOptions } from './render.ts';
import type { FailOn } from './severity.ts';

export type Level = 'error' | 'warning' | 'note' | 'none';
export const LEVELS: Readonly<Record<FailOn, Level>> = { error: 'error', warning: 'warning', info: 'note' };

export interface SarifRule {
  id: string;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string; markdown?: string };
  defaultConfiguration: { level: Level };
  properties: Record<string, unknown>;
}

/** One rule for each code among the results, in the order of the codes. */
export function sarifRules(results: readonly Result[], options: RenderOptions): SarifRule[] {
  const firsts = new Map<string, Result>();
  for (const result of results) {
    const known = firsts.get(result.code);
    // A result may be milder than its check.
    if (known === undefined || SEVERITIES.indexOf(result.severity) < SEVERITIES.indexOf(known.severity))
      firsts.set(result.code, result);
  }
  return [...firsts.values()]
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map((result) => ruleOf(result, options));
}

/** The heaviest first. */
const SEVERITIES: readonly Severity[] = ['security', 'error', 'warning', 'info'];

function ruleOf({ code, title, severity }: Result, { page = () => null, bin = 'pod-iam' }: RenderOptions) {
  const markdown = page(code);
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: (markdown === null ? null : openingOf(markdown)) ?? title },
    help: {
      text: `${title}. What it means, why it matters and how to mend it: ${bin} explain ${code}`,
      ...(markdown !== null && { markdown }),
    },
    defaultConfiguration: { level: LEVELS[severity === 'security' ? 'error' : severity] },
    properties: { precision: 'high', ...SORTED_BY[severity] },
  };
}

/** The paragraph below the heading. */
const openingOf = (markdown: string): string | null =>
  /^#[^\n]*\n+([^#\n][\s\S]*?)(?:\n\n|\s*$)/.exec(markdown)?.[1] ?? null;

/** GitHub takes a score for what is tagged as security, from 7.0 on as high, and a word for the others. */
const SORTED_BY: Readonly<Record<Severity, object>> = {
  security: { tags: ['security'], 'security-severity': '8.0' },
  error: { tags: [], 'problem.severity': 'error' },
  warning: { tags: [], 'problem.severity': 'warning' },
  info: { tags: [], 'problem.severity': 'recommendation' },
};

// The report that a person reads in a terminal: what is wrong in full and in order of dependency,
// what is right as a number, and at the end what was and was not shown.
import type { Report, Result, Status } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import { byFamily } from './families.ts';
import { consequenceLines, isConsequence } from './human-consequences.ts';
import { renderEntry } from './human-entry.ts';
import { renderGrants } from './human-grants.ts';
import { renderVerdict } from './human-verdict.ts';
import { renderWorkloads } from './human-workloads.ts';
import { type Look, lookOf } from './look.ts';
import type { RenderOptions } from './render.ts';
import { exitCodeOf } from './severity.ts';

export function renderHuman(report: Report, options: RenderOptions): string {
  const look = lookOf(options);
  const blocks = [
    header(report, look),
    ...byFamily(report.results).map(({ family, results }) =>
      renderFamily(`${family.prefix} ${look.dot} ${family.title}`, results, look),
    ),
    renderWorkloads(report.workloads ?? [], look),
    renderGrants(report.results, look),
    renderVerdict(report, exitCodeOf(report, options.failOn, options), look),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function header({ tool, context }: Report, { paint }: Look): string {
  const parts = [paint.bold(`${tool.name} ${tool.version}`)];
  if (context.cluster !== null) parts.push(`cluster ${visible(context.cluster)}`);
  if (context.account !== null) parts.push(`account ${visible(context.account)}`);
  if (context.mode.length > 0) parts.push(`mode ${visible(context.mode.join(', '))}`);
  return parts.join('   ');
}

function renderFamily(title: string, results: Result[], look: Look): string {
  const passes = results.filter(({ status }) => status === 'pass');
  const shown = ORDER.flatMap((wanted) => results.filter(({ status }) => status === wanted));
  const lines = [look.paint.bold.underline(title)];
  if (passes.length > 0 && !look.verbose)
    lines.push(`  ${look.badge('pass')}  ${passes.length} of ${results.length}`);
  const isBrief = (result: Result): boolean =>
    !look.verbose && (result.status === 'pass' || isConsequence(result));
  for (const alike of groupAlike(shown)) if (!isBrief(alike[0]!)) lines.push(renderEntry(alike, look));
  if (!look.verbose) lines.push(...consequenceLines(results.filter(isConsequence), look));
  return lines.join('\n');
}

const ORDER: readonly Status[] = ['fail', 'warn', 'unknown', 'skip', 'pass'];

/** Unknowns and skips that say the same of several subjects are told once. */
function groupAlike(results: Result[]): Result[][] {
  const groups = new Map<string, Result[]>();
  for (const [index, result] of results.entries()) {
    const isQuiet = result.status === 'unknown' || result.status === 'skip';
    const key = isQuiet
      ? JSON.stringify([result.code, result.status, result.observed, result.because, result.fix])
      : String(index);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

// The last lines of a report: the verdict in one sentence, and what it does not cover.
import type { ChalkInstance } from 'chalk';
import type { Report, Result } from '../model/finding.ts';
import type { ExitCode } from '../model/problem.ts';
import { EXIT } from '../model/problem.ts';
import type { Look } from './look.ts';
import { weightOf } from './severity.ts';
import { count, duration, wrap } from './text.ts';

export function renderVerdict(report: Report, exitCode: ExitCode, look: Look): string {
  const { paint } = look;
  const words: Record<number, [string, ChalkInstance]> = {
    [EXIT.ok]: ['OK', paint.green.bold],
    [EXIT.findings]: ['FAILED', paint.red.bold],
    [EXIT.unchecked]: ['NOT PROVEN', paint.magenta.bold],
    [EXIT.interrupted]: ['INTERRUPTED', paint.yellow.bold],
  };
  const [word, colour] = words[exitCode]!;
  const sentence = `${word}  ${counts(report).join(', ')} in ${duration(report.durationMs)} (exit ${exitCode})`;
  const lines = wrap(sentence, look.width);
  lines[0] = colour(word) + lines[0]!.slice(word.length);
  const gaps = notCovered(report);
  if (gaps.length > 0) lines.push(...wrap(`Not covered: ${gaps.join('; ')}`, look.width));
  return lines.join('\n');
}

function counts({ results, summary, workloads }: Report): string[] {
  const bad = results.filter(({ status }) => status === 'fail' || status === 'warn');
  const ofWeight = (test: (result: Result) => boolean): number => bad.filter(test).length;
  const isSecurity = (result: Result): boolean => result.severity === 'security' && result.status === 'fail';
  const parts: [number, string][] = [
    [ofWeight((r) => weightOf(r) === 'error' && !isSecurity(r)), 'error'],
    [ofWeight(isSecurity), 'security finding'],
    [ofWeight((r) => weightOf(r) === 'warning'), 'warning'],
    [ofWeight((r) => weightOf(r) === 'info'), 'note'],
  ];
  const texts = parts.filter(([n]) => n > 0).map(([n, word]) => count(n, word));
  if (summary.unknown > 0) texts.push(`${summary.unknown} unknown`);
  texts.push(`${summary.pass} passed`);
  if (summary.skip > 0) texts.push(`${summary.skip} skipped`);
  if (summary.suppressed > 0) texts.push(`${summary.suppressed} suppressed`);
  if (workloads && workloads.length > 0) {
    const proven = workloads.filter(({ ok }) => ok).length;
    texts.push(`${proven} of ${count(workloads.length, 'workload')} proven`);
  }
  return texts;
}

function notCovered({ results, complete, summary }: Report): string[] {
  const gaps: string[] = [];
  if (!complete) gaps.push('the run ended before all checks were decided');
  if (results.length === 0 && summary.pass === 0) gaps.push('nothing was checked');
  const codes = (status: Result['status']): string =>
    [...new Set(results.filter((result) => result.status === status).map(({ code }) => code))]
      .sort()
      .join(', ');
  if (codes('unknown')) gaps.push(`unknown ${codes('unknown')}`);
  if (codes('skip')) gaps.push(`skipped ${codes('skip')}`);
  return gaps;
}

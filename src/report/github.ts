// Workflow commands of GitHub Actions, which become annotations on the run and on the files of a pull
// request. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
import type { Report, Result } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import type { RenderOptions } from './render.ts';
import { isUnchecked, weightOf } from './severity.ts';
import { subjectText } from './text.ts';

type Level = 'error' | 'warning' | 'notice';
const LEVELS: readonly Level[] = ['error', 'warning', 'notice'];

/** GitHub shows ten of a kind per step and drops the rest without a word. */
const MAX_OF_A_KIND = 10;

export function renderGithub(report: Report, options: RenderOptions): string {
  const lines: string[] = [];
  for (const level of LEVELS) {
    const found = report.results.filter((result) => levelOf(result, options) === level);
    const room = found.length > MAX_OF_A_KIND ? MAX_OF_A_KIND - 1 : MAX_OF_A_KIND;
    lines.push(...found.slice(0, room).map((result) => annotation(level, result, options)));
    const rest = found.slice(room);
    if (rest.length > 0)
      lines.push(command(level, { title: 'pod-iam' }, `${rest.length} more, such as ${summary(rest[0]!)}`));
  }
  if (!report.complete)
    lines.push(command('error', { title: 'pod-iam' }, 'the run ended before all checks were decided'));
  const { pass, warn, fail, skip, unknown } = report.summary;
  lines.push(`pod-iam: ${fail} failed, ${warn} warned, ${unknown} unknown, ${skip} skipped, ${pass} passed`);
  return `${lines.join('\n')}\n`;
}

function levelOf(result: Result, { failOn = 'error' }: RenderOptions): Level | null {
  if (result.status === 'unknown') return isUnchecked(result, failOn) ? 'error' : 'warning';
  if (result.status !== 'fail' && result.status !== 'warn') return null;
  const weight = weightOf(result);
  return weight === 'info' ? 'notice' : weight;
}

function annotation(
  level: Level,
  result: Result,
  { repositoryPath = (path) => path }: RenderOptions,
): string {
  const { file, line, column } = result.subject;
  const place: Record<string, string> = {};
  if (file !== null) place.file = repositoryPath(file);
  if (file !== null && line !== null) place.line = String(line);
  // Reports of earlier versions hold no column.
  if (place.line !== undefined && typeof column === 'number') place.col = String(column);
  const next = result.fix?.command ?? result.fix?.text;
  const text = [
    `${subjectText(result.subject)}: ${result.observed}`,
    `Expected: ${result.expected}`,
    ...(next ? [`${result.status === 'unknown' ? 'Needs' : 'Fix'}: ${next}`] : []),
  ].join('\n');
  const unknown = result.status === 'unknown' ? ' could not be checked' : '';
  return command(level, { ...place, title: `${result.code}${unknown}: ${result.title}` }, text);
}

const summary = (result: Result): string => `${result.code} ${subjectText(result.subject)}`;

function command(level: Level, properties: Record<string, string>, message: string): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${level} ${list.join(',')}::${escapeData(message)}`;
}

// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
const escapeData = (text: string): string =>
  visible(text, { lines: true }).replaceAll('%', '%25').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

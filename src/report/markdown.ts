// Markdown for pull requests and step summaries: a verdict, the workloads, and each finding folded open.
import type { Report, Result } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import { labelledFacts, verdictText, WORKLOAD_COLUMNS, workloadCells } from './content.ts';
import { byFamily } from './families.ts';
import type { RenderOptions } from './render.ts';
import { exitCodeOf } from './severity.ts';
import { count, duration, patchText, subjectText } from './text.ts';

export function renderMarkdown(report: Report, options: RenderOptions): string {
  const { summary } = report;
  const shown = byFamily(report.results.filter(({ status }) => status !== 'pass'));
  const blocks = [
    `## pod-iam: ${verdictText(exitCodeOf(report, options.failOn, options))}`,
    [
      `${summary.fail} failed, ${summary.warn} warned, ${summary.unknown} unknown, ${summary.skip} skipped, ${summary.pass} passed`,
      `in ${duration(report.durationMs)}`,
      ...(report.complete ? [] : ['**The run ended before all checks were decided.**']),
    ].join(' '),
    workloadTable(report),
    ...shown.map(({ family, results }) =>
      [
        `### ${family.prefix}: ${family.title} (${count(results.length, 'result')})`,
        ...results.map(item),
      ].join('\n\n'),
    ),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function workloadTable({ workloads = [] }: Report): string {
  if (workloads.length === 0) return '';
  const rows = workloads.map((proof) => {
    const [workload = '', node = '', wanted = '', proven = '', ...rest] = workloadCells(proof);
    return [...[workload, node, wanted, proven].map(code), ...rest, proof.ok ? 'ok' : '**not ok**'];
  });
  const [head, ...lines] = [WORKLOAD_COLUMNS, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [head, `|${'---|'.repeat(WORKLOAD_COLUMNS.length)}`, ...lines].join('\n');
}

function item(result: Result): string {
  const head = `**${result.status} ${result.code}** (${result.severity}) ${plain(result.title)}: ${code(subjectText(result.subject))}`;
  const lines = labelledFacts(result).map(([label, text]) => `- ${label}: ${plain(text)}`);
  return [
    head,
    lines.join('\n'),
    fence(result.fix?.command, 'sh'),
    fence(result.fix && patchText(result.fix), ''),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Markdown and HTML characters of other people's text lose their meaning. */
const plain = (text: string): string =>
  visible(text)
    .replace(/[\\`*_[\]<>|#~]/g, (char) => `\\${char}`)
    .replaceAll('@', '&#64;');

/** Inline code that no back-tick in the text can end; a bar would end a table's cell. */
function code(text: string): string {
  const safe = visible(text).replaceAll('|', '\\|');
  const ticks = '`'.repeat(longestRun(safe) + 1);
  return safe.includes('`') ? `${ticks} ${safe} ${ticks}` : `\`${safe}\``;
}

function fence(text: string | null | undefined, language: string): string {
  if (!text) return '';
  const ticks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}${language}\n${visible(text.replace(/\n$/, ''), { lines: true })}\n${ticks}`;
}

const longestRun = (text: string): number =>
  Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));

// One self-contained page: no request leaves it, it reads light or dark and prints, and it carries the
// report itself as JSON.
import type { Fix, Report, Result } from '../model/finding.ts';
import { harmlessJson } from '../model/printed-json.ts';
import { visible } from '../model/visible.ts';
import { labelledFacts, verdictText, WORKLOAD_COLUMNS, workloadCells } from './content.ts';
import { byFamily } from './families.ts';
import { STYLE } from './html-style.ts';
import type { RenderOptions } from './render.ts';
import { exitCodeOf } from './severity.ts';
import { duration, patchText, subjectText } from './text.ts';

export function renderHtml(report: Report, options: RenderOptions): string {
  const { summary, context } = report;
  const verdict = verdictText(exitCodeOf(report, options.failOn, options));
  const facts = [
    context.cluster && `cluster ${context.cluster}`,
    context.account && `account ${context.account}`,
    context.mode.length > 0 && `mode ${context.mode.join(', ')}`,
    `started ${report.startedAt}`,
    `took ${duration(report.durationMs)}`,
  ].filter((fact) => typeof fact === 'string');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>pod-iam: ${html(verdict)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>pod-iam <small>${html(report.tool.version)}</small></h1>
<p>${html(facts.join(' · '))}</p>
<p class="verdict"><strong>${html(verdict)}</strong>: ${summary.fail} failed, ${summary.warn} warned, ${summary.unknown} unknown, ${summary.skip} skipped, ${summary.pass} passed${report.complete ? '' : '. The run ended before all checks were decided.'}</p>
</header>
<main>
${workloadTable(report)}${byFamily(report.results)
  .map(({ family, results }) => section(`${family.prefix} · ${family.title}`, results))
  .join('\n')}
</main>
<script type="application/json" id="report">${harmlessJson(JSON.stringify(report)).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`;
}

function workloadTable({ workloads = [] }: Report): string {
  if (workloads.length === 0) return '';
  const rows = workloads.map((proof) => {
    const cells = [...workloadCells(proof), proof.ok ? 'ok' : 'not ok'];
    const tags = cells.map((cell) => `<td>${html(cell)}</td>`).join('');
    return `<tr class="${proof.ok ? 'pass' : 'fail'}">${tags}</tr>`;
  });
  return `<section><h2>Workloads</h2>
<table><thead><tr>${WORKLOAD_COLUMNS.map((name) => `<th>${name}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></section>
`;
}

function section(title: string, results: Result[]): string {
  return `<section><h2>${html(title)}</h2>\n${results.map(entry).join('\n')}\n</section>`;
}

function entry(result: Result): string {
  const isOpen = result.status === 'fail' || result.status === 'warn' || result.status === 'unknown';
  const list = labelledFacts(result).map(([label, text]) => `<dt>${label}</dt><dd>${html(text)}</dd>`);
  return `<details class="${result.status}"${isOpen ? ' open' : ''}><summary><span class="status">${result.status}</span> <code>${html(result.code)}</code> ${html(result.title)} <span class="subject">${html(subjectText(result.subject))}</span></summary>
<dl>${list.join('')}</dl>${pasteable(result.fix)}</details>`;
}

const pasteable = (fix: Fix | null): string =>
  [fix?.command, fix && patchText(fix)].map((text) => (text ? `<pre>${html(text)}</pre>` : '')).join('');

const html = (text: string): string =>
  visible(text, { lines: true })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

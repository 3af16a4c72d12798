// A report as text, in every format.
import type { Report } from '../model/finding.ts';
import { printedJson } from '../model/printed-json.ts';
import { redact } from './redact.ts';
import type { FailOn } from './severity.ts';

export const FORMATS = ['human', 'json', 'junit', 'sarif', 'markdown', 'github', 'html'] as const;
export type OutputFormat = (typeof FORMATS)[number];

export interface RenderOptions {
  color: boolean;
  /** Columns to keep to; names are never broken for it. */
  width: number;
  /** List passes too, not only their number. */
  verbose?: boolean;
  /** Take the middle out of ARNs in tables that do not fit; for terminals alone. */
  shorten?: boolean;
  /** Marks without characters beyond ASCII. */
  ascii?: boolean;
  /** What counts as a failure where a format knows no warnings. */
  failOn?: FailOn;
  /** The run was stopped by the user or by its deadline. */
  interrupted?: boolean;
  /** The program's name as it was called, for the commands that are printed. */
  bin?: string;
  /** What `explain` says of a code, as Markdown; null for a code without a page. */
  page?: (code: string) => string | null;
  /** A file as it is called in the checkout; absolute when it is outside. */
  repositoryPath?: (file: string) => string;
}

export type Renderer = (report: Report, options: RenderOptions) => string | Promise<string>;

/** The report in one format, with a line end at its end. */
export async function renderReport(
  report: Report,
  format: OutputFormat,
  options: RenderOptions,
): Promise<string> {
  const render = await renderers[format]();
  return render(redact(report), options);
}

// Loaded when asked for: most runs print one format.
const renderers: Record<OutputFormat, () => Promise<Renderer>> = {
  human: async () => (await import('./human.ts')).renderHuman,
  json: async () => (report) => `${printedJson(report)}\n`,
  junit: async () => (await import('./junit.ts')).renderJunit,
  sarif: async () => (await import('./sarif.ts')).renderSarif,
  markdown: async () => (await import('./markdown.ts')).renderMarkdown,
  github: async () => (await import('./github.ts')).renderGithub,
  html: async () => (await import('./html.ts')).renderHtml,
};

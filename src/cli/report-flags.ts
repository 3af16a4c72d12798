// The flags of every command that ends in a report, and the one way in which such a command ends.
import { appendFileSync, statSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { findPage } from '../doctor/pages.ts';
import type { Report } from '../model/finding.ts';
import type { ExitCode } from '../model/problem.ts';
import {
  checkOutputs,
  exitCodeOf,
  FAIL_ON,
  type FailOn,
  FORMATS,
  type Output,
  parseOutput,
  type RenderOptions,
  renderReport,
  writeReports,
} from '../report/index.ts';
import { pathInCheckout } from './checkout.ts';
import { hasColour, isAscii, widthOf } from './colour.ts';

export const outputFlags = {
  output: Flags.string({
    char: 'o',
    summary: `How to print the report, several at once: ${FORMATS.join(', ')}; FORMAT=FILE writes a file.`,
    helpValue: 'FORMAT[=FILE]',
    helpGroup: 'OUTPUT',
    multiple: true,
    multipleNonGreedy: true,
  }),
  json: Flags.boolean({ summary: 'The same as -o json.', helpGroup: 'OUTPUT' }),
  'fail-on': Flags.option({
    summary: 'Exit 1 when a finding is this severe or more; security counts as error.',
    options: FAIL_ON,
    default: 'error' as const,
    helpGroup: 'OUTPUT',
  })(),
  verbose: Flags.boolean({ char: 'v', summary: 'List what passed too.', helpGroup: 'OUTPUT' }),
};

export interface ReportFlags {
  output?: string[] | undefined;
  json?: boolean | undefined;
  'fail-on'?: FailOn | undefined;
  verbose?: boolean | undefined;
}

/**
 * Where the report is to go; human to stdout when nothing was asked for. Call it before the work
 * starts: throws a usage Problem for an unknown format and for two outputs in one place.
 */
export function outputsOf(flags: ReportFlags): Output[] {
  const outputs = (flags.output ?? []).map(parseOutput);
  if (flags.json && !outputs.some(({ format, file }) => format === 'json' && file === null))
    outputs.push({ format: 'json', file: null });
  checkOutputs(outputs);
  return outputs.length === 0 ? [{ format: 'human', file: null }] : outputs;
}

/**
 * Prints the report everywhere it was asked for and returns the exit code for `this.end(code)`.
 * Throws an environment Problem for a file that cannot be written.
 */
export async function deliverReport(
  report: Report,
  flags: ReportFlags,
  { bin = 'pod-iam', interrupted = false }: { bin?: string; interrupted?: boolean } = {},
): Promise<ExitCode> {
  const { stdout, env } = process;
  const failOn = flags['fail-on'] ?? 'error';
  const look: RenderOptions = {
    color: hasColour(stdout, env),
    width: widthOf(stdout),
    shorten: Boolean(stdout.isTTY),
    ascii: isAscii(env),
    verbose: flags.verbose ?? false,
    failOn,
    interrupted,
    bin,
    page: findPage,
    repositoryPath: (file) => pathInCheckout(file, process.cwd(), env.GITHUB_WORKSPACE),
  };
  const outputs = outputsOf(flags);
  await writeReports(report, outputs, { ...look, stdout });
  if (outputs.some(({ format }) => format === 'github'))
    await appendStepSummary(report, look, env.GITHUB_STEP_SUMMARY);
  return exitCodeOf(report, failOn, { interrupted });
}

// GitHub refuses a step's summary above 1 MiB as a whole.
const MAX_SUMMARY_BYTES = 1024 * 1024;

async function appendStepSummary(
  report: Report,
  look: RenderOptions,
  file: string | undefined,
): Promise<void> {
  if (!file) return;
  const text = await renderReport(report, 'markdown', { ...look, color: false });
  const present = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (present + Buffer.byteLength(text) <= MAX_SUMMARY_BYTES) appendFileSync(file, text);
}

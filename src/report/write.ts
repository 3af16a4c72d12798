// Where each format of a report goes: one to stdout, the others to files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Report } from '../model/finding.ts';
import { nearestName } from '../model/nearest.ts';
import { cannotWrite, usageProblem } from '../model/problem.ts';
import { FORMATS, type OutputFormat, type RenderOptions, renderReport } from './render.ts';

export interface Output {
  format: OutputFormat;
  /** Null is stdout. */
  file: string | null;
}

/** Reads `FORMAT` or `FORMAT=FILE`; `-` is stdout. Throws a usage Problem. */
export function parseOutput(text: string): Output {
  const cut = text.indexOf('=');
  const format = cut < 0 ? text : text.slice(0, cut);
  const file = cut < 0 ? '-' : text.slice(cut + 1);
  if (!isFormat(format)) {
    const guess = nearestName(format, FORMATS);
    throw usageProblem({
      code: 'USAGE',
      what: `there is no output format "${format}"${guess === null ? '' : `; did you mean "${guess}"?`}`,
      next: `one of ${FORMATS.join(', ')}, each as FORMAT or FORMAT=FILE`,
    });
  }
  if (file === '')
    throw usageProblem({ code: 'USAGE', what: `--output ${text} names no file`, next: `--output ${format}` });
  return { format, file: file === '-' ? null : file };
}

const isFormat = (text: string): text is OutputFormat => (FORMATS as readonly string[]).includes(text);

/** Throws a usage Problem when two outputs would end up in one place. */
export function checkOutputs(outputs: readonly Output[]): void {
  const places = new Map<string | null, OutputFormat>();
  for (const { format, file } of outputs) {
    const other = places.get(file);
    if (other !== undefined) {
      throw usageProblem({
        code: 'USAGE',
        what: `${other} and ${format} would both be written to ${file ?? 'stdout'}`,
        next: `--output ${format}=FILE`,
      });
    }
    places.set(file, format);
  }
}

export interface WriteOptions extends RenderOptions {
  stdout: { write(text: string): unknown };
}

/**
 * Writes each output; files are plain and as wide as they need, whatever the terminal is.
 * Throws an environment Problem for a file that cannot be written, after all others were.
 */
export async function writeReports(
  report: Report,
  outputs: readonly Output[],
  options: WriteOptions,
): Promise<void> {
  const { stdout, ...look } = options;
  const failures: Error[] = [];
  for (const { format, file } of outputs) {
    if (file === null) {
      stdout.write(await renderReport(report, format, look));
      continue;
    }
    const text = await renderReport(report, format, { ...look, color: false, shorten: false, width: 100 });
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    } catch (error) {
      failures.push(cannotWrite(`the ${format} report cannot be written to ${file}`, error));
    }
  }
  if (failures[0]) throw failures[0];
}

// How doctor and verify end: the report is delivered whatever happened, then what broke is said.
import type { Examination } from '../doctor/examine.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { visible } from '../model/visible.ts';
import { renderProblem } from './problems.ts';
import { deliverReport, outputsOf, type ReportFlags } from './report-flags.ts';

/** Returns the exit code for `this.end(code)`. */
export async function concludeExamination(
  { report, problem, left, notCovered }: Examination,
  flags: ReportFlags,
  ending: { bin: string; interrupted: boolean },
): Promise<ExitCode> {
  for (const gap of notCovered) process.stderr.write(`Not covered: ${visible(gap)}\n`);
  if (left.length > 0)
    process.stderr.write(
      `Warning: ${left.length} objects of diagnostic pods are left: ${visible(left.join(', '))}\n`,
    );
  // Someone who reads along in a terminal gains nothing by an empty report above the error.
  const isOnlyForEyes = outputsOf(flags).every(({ format }) => format === 'human');
  const isPointless = problem !== null && report.results.length === 0 && isOnlyForEyes;
  const code = isPointless ? null : await deliverReport(report, flags, ending);
  if (problem === null) return code!;
  const rendered = renderProblem(problem, { debug: Boolean(process.env.DEBUG) });
  process.stderr.write(rendered.text);
  // What was found before it broke down still counts.
  const isOurs = !(problem instanceof Problem);
  return code === EXIT.findings && !isOurs && !ending.interrupted ? code : rendered.exitCode;
}

// Which results count: for the exit code, for JUnit's failures and for SARIF's levels alike.
import type { Report, Result, Severity, WorkloadProof } from '../model/finding.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';

export const FAIL_ON = ['error', 'warning', 'info'] as const;
export type FailOn = (typeof FAIL_ON)[number];

const ranks: Record<Severity | FailOn, number> = { error: 3, security: 3, warning: 2, info: 1 };

/** The severity that a result carries as it came out: a `warn` of an error check is a warning. */
export function weightOf(result: Result): FailOn {
  const rank =
    result.status === 'warn' ? Math.min(ranks.warning, ranks[result.severity]) : ranks[result.severity];
  return FAIL_ON.find((level) => ranks[level] === rank)!;
}

/** Whether a result is a finding at or above the threshold; security counts as error. */
export function isFinding(result: Result, failOn: FailOn): boolean {
  const isBad = result.status === 'fail' || result.status === 'warn';
  return isBad && ranks[weightOf(result)] >= ranks[failOn];
}

/** Whether a result could not be decided although its finding would have counted. */
export function isUnchecked(result: Result, failOn: FailOn): boolean {
  return result.status === 'unknown' && ranks[result.severity] >= ranks[failOn];
}

/**
 * The exit code of a run, the same for every format: 4 interrupted, 1 findings, 3 something required
 * was not checked (nothing checked at all is no success either), else 0.
 */
export function exitCodeOf(
  report: Report,
  failOn: FailOn = 'error',
  { interrupted = false }: { interrupted?: boolean } = {},
): ExitCode {
  if (interrupted) return EXIT.interrupted;
  if (report.results.some((result) => isFinding(result, failOn))) return EXIT.findings;
  if (report.workloads?.some((proof) => !proof.ok && !isUndecided(proof, report))) return EXIT.findings;
  if (!report.complete || isEmpty(report)) return EXIT.unchecked;
  if (report.results.some((result) => isUnchecked(result, failOn))) return EXIT.unchecked;
  if (report.workloads?.some(({ ok }) => !ok)) return EXIT.unchecked;
  return EXIT.ok;
}

/** Whether a workload was not disproven but could not be asked, as when its diagnostic pod was refused. */
const isUndecided = ({ workload, provenArn }: WorkloadProof, { results }: Report): boolean =>
  provenArn === null &&
  results.some(
    ({ status, subject }) =>
      status === 'unknown' && `${subject.namespace}/${subject.kind}/${subject.name}` === workload,
  );

const isEmpty = (report: Report): boolean => report.results.length === 0 && report.summary.pass === 0;

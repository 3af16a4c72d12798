// JUnit XML for continuous integration: a family is a suite, a check on a subject a case. What could
// not be checked is an error, never a pass; what was made pointless by another failure is skipped.
import type { Builder, TestCase } from 'junit-report-builder';
import type { Report, Result, WorkloadProof } from '../model/finding.ts';
import { visible } from '../model/visible.ts';
import { byFamily } from './families.ts';
import type { RenderOptions } from './render.ts';
import { type FailOn, isFinding } from './severity.ts';
import { patchText, subjectText } from './text.ts';

export async function renderJunit(report: Report, options: RenderOptions): Promise<string> {
  // The package's types describe another shape than the CommonJS file exports.
  const builder = (await import('junit-report-builder')).default as unknown as Builder;
  const root = builder.newBuilder().name('pod-iam');
  for (const { family, results } of byFamily(report.results)) {
    const suite = root.testSuite().name(`${family.prefix} ${family.title}`).timestamp(report.startedAt);
    for (const result of results) {
      const testCase = suite
        .testCase()
        .className(`pod-iam.${family.prefix}.${result.code}`)
        .name(`${result.code} ${xmlText(result.title)}: ${xmlText(subjectText(result.subject))}`);
      if (result.subject.file !== null) testCase.file(xmlText(result.subject.file));
      fill(testCase, result, options.failOn ?? 'error');
    }
  }
  addWorkloads(root, report);
  if (!report.complete || report.results.length === 0) addUnfinished(root, report);
  return `${root.build()}\n`;
}

function fill(testCase: TestCase, result: Result, failOn: FailOn): void {
  const text = details(result);
  if (result.status === 'skip') testCase.skipped().standardOutput(text);
  else if (result.status === 'unknown')
    testCase.error(`could not be checked: ${xmlText(result.observed)}`, 'unknown', text);
  else if (isFinding(result, failOn))
    testCase.failure(xmlText(result.observed), result.severity).stacktrace(text);
  else if (result.status !== 'pass') testCase.standardOutput(text);
}

function details(result: Result): string {
  const lines = [
    `${result.status} ${result.severity}`,
    `Subject: ${subjectText(result.subject)}`,
    `Expected: ${result.expected}`,
    `Observed: ${result.observed}`,
  ];
  if (result.because !== null) lines.push(`Because: ${result.because}`);
  if (result.why) lines.push(`Why: ${result.why}`);
  for (const { what, value } of result.evidence) lines.push(`Evidence: ${what}: ${value}`);
  if (result.control) lines.push(`Control: ${result.control.what}: ${result.control.outcome}`);
  if (result.fix) {
    lines.push(`${result.status === 'unknown' ? 'Needs' : 'Fix'}: ${result.fix.text}`);
    if (result.fix.command) lines.push(result.fix.command);
    const patch = patchText(result.fix);
    if (patch) lines.push(patch);
  }
  return xmlText(lines.join('\n'));
}

function addWorkloads(root: Builder, report: Report): void {
  if (!report.workloads || report.workloads.length === 0) return;
  const suite = root.testSuite().name('workloads').timestamp(report.startedAt);
  for (const proof of report.workloads) {
    const testCase = suite
      .testCase()
      .className('pod-iam.workloads')
      .name(xmlText(proof.node === null ? proof.workload : `${proof.workload} on ${proof.node}`))
      .time((proof.firstCredentialMs ?? 0) / 1000);
    if (proof.ok) continue;
    if (proof.provenArn === null) testCase.error(xmlText(mismatch(proof)), 'not proven');
    else testCase.failure(xmlText(mismatch(proof)), 'identity');
  }
}

const mismatch = ({ expectedRole, provenArn, via }: WorkloadProof): string =>
  `should be ${expectedRole ?? 'without a role'}, proven to be ${provenArn ?? 'nobody'} (via ${via})`;

function addUnfinished(root: Builder, report: Report): void {
  const what = report.complete
    ? 'nothing was checked'
    : 'the run ended before all checks were decided; results are missing';
  root
    .testSuite()
    .name('run')
    .testCase()
    .className('pod-iam.run')
    .name('the run is complete')
    .error(what, 'incomplete');
}

/** The builder breaks off a CDATA section at its end mark only once per text. */
const xmlText = (text: string): string => visible(text, { lines: true }).replaceAll(']]>', ']] >');

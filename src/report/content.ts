// What the reports say of a finding, a workload and a whole run, and in which order, whatever the format.
import type { Result, WorkloadProof } from '../model/finding.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';

const verdicts: Partial<Record<ExitCode, string>> = {
  [EXIT.ok]: 'OK',
  [EXIT.findings]: 'Failed',
  [EXIT.unchecked]: 'Not proven',
  [EXIT.interrupted]: 'Interrupted',
};

/** The verdict in a word or two. @param exitCode of a report: 0, 1, 3 or 4 */
export const verdictText = (exitCode: ExitCode): string => verdicts[exitCode]!;

/** What is known of a result, with its label; texts that are not there are left out. */
export function labelledFacts(result: Result): [label: string, text: string][] {
  const { control, fix } = result;
  const facts: [string, string | null][] = [
    ['Expected', result.expected],
    ['Observed', result.observed],
    ['Because', result.because],
    ['Why', result.why],
    ...result.evidence.map(({ what, value }): [string, string] => ['Evidence', `${what}: ${value}`]),
    ['Control', control && `${control.what}: ${control.outcome}`],
    [result.status === 'unknown' ? 'Needs' : 'Fix', fix?.text ?? null],
  ];
  return facts.flatMap(([label, text]): [string, string][] => (text ? [[label, text]] : []));
}

export const WORKLOAD_COLUMNS = [
  'workload',
  'node',
  'should be',
  'proven',
  'via',
  'first',
  'result',
] as const;

/** A row of the table of workloads, but for its last cell, the result: formats stress it in their own ways. */
export const workloadCells = (proof: WorkloadProof): string[] => [
  proof.workload,
  proof.node ?? '-',
  proof.expectedRole ?? 'no role',
  proof.provenArn ?? 'none',
  proof.via,
  proof.firstCredentialMs === null ? '-' : `${Math.round(proof.firstCredentialMs)} ms`,
];

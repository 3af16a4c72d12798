// Runs the programme over a snapshot. Checks are pure, so all that is decided here is which count, in
// which order they are told, and what a failed parent makes pointless.
import type { Check, DecidedBy } from '../model/check.ts';
import type { Finding, Result, Subject, Summary } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { CATALOGUE } from './catalogue.ts';

export interface RunChecksOptions {
  /** By what this run can decide at all; a check that needs something else is left out, not unknown. */
  by: readonly DecidedBy[];
  /** Codes to report; null for all. */
  only?: readonly string[] | null;
  skip?: readonly string[];
  /** Whether to run audits that are not asked for by name; true by default. */
  audits?: boolean;
}

/** Results in the catalogue's order, then by subject. */
export function runChecks(snapshot: Snapshot, options: RunChecksOptions): Result[] {
  const results: Result[] = [];
  for (const check of CATALOGUE) {
    if (!check.decidedBy.some((way) => options.by.includes(way))) continue;
    const { code, title, severity, isAudit } = check;
    if (isAudit && options.audits === false && !options.only?.includes(code)) continue;
    const found = check
      .run(snapshot)
      .filter((finding) => !isWaived(finding, check, options))
      .map((finding) => ({
        ...{ code, title, severity, ...finding },
        ...(isAudit && finding.status === 'unknown' && { severity: 'warning' as const }),
      }));
    results.push(...found.sort(bySubject).map((result) => withParents(result, check, results)));
  }
  return results.filter(
    ({ code }) => (options.only?.includes(code) ?? true) && !(options.skip ?? []).includes(code),
  );
}

/** With AWS left out on purpose, a diagnostic pod may still prove what IAM would have told; if not, so be it. */
const isWaived = ({ status }: Finding, { decidedBy }: Check, { by }: RunChecksOptions): boolean =>
  status === 'unknown' && decidedBy.includes('I') && !by.includes('I');

/** Codes that a run leaves out for want of a way to decide them. */
export const leftOut = (by: readonly DecidedBy[]): string[] =>
  CATALOGUE.filter((check) => !check.decidedBy.some((way) => by.includes(way))).map(({ code }) => code);

/** How many results there are of each status. */
export function summarise(results: readonly Result[]): Summary {
  const count = (status: Finding['status']): number =>
    results.filter((result) => result.status === status).length;
  return {
    pass: count('pass'),
    warn: count('warn'),
    fail: count('fail'),
    skip: count('skip'),
    unknown: count('unknown'),
    suppressed: 0,
  };
}

/**
 * A failed parent explains what fails or stays unknown below it. What passed has been shown and stays;
 * so does a security finding: a leak is none the less one for having a cause.
 */
function withParents(result: Result, check: Check, earlier: readonly Result[]): Result {
  const isShown = result.status === 'pass' || (result.severity === 'security' && result.status !== 'unknown');
  if (isShown && result.status !== 'skip') return result;
  const parents = earlier.filter(
    (parent) => check.after.includes(parent.code) && concerns(parent.subject, result.subject),
  );
  const failed = parents.find(({ status }) => status === 'fail');
  const cause = failed?.code ?? parents.find(({ status }) => status === 'skip')?.because ?? null;
  if (cause === null) return result;
  if (result.status === 'skip') return { ...result, because: cause };
  return {
    ...result,
    status: 'skip',
    because: cause,
    observed: `pointless until ${cause} is mended; seen: ${result.observed}`,
    fix: null,
  };
}

/** Whether what holds of one subject bears on another: the same object, its node, or all of the cluster. */
function concerns(parent: Subject, child: Subject): boolean {
  if (parent.kind === 'Cluster') return true;
  if (parent.kind === 'Node' && parent.name === child.node) return true;
  return parent.kind === child.kind && parent.namespace === child.namespace && parent.name === child.name;
}

function bySubject(a: Result, b: Result): number {
  const keyOf = ({ subject }: Result): string =>
    [subject.namespace, subject.kind, subject.name, subject.node, subject.container, subject.pointer].join(
      '\0',
    );
  return keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0;
}

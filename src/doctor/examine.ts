// An examination from end to end: gather facts, ask from diagnostic pods, judge, report. Whatever
// breaks half-way, what is known by then is judged and reported.
import type { Aws } from '../aws/aws.ts';
import { leftOut, runChecks, summarise } from '../checks/run.ts';
import { annotatedWorkloads } from '../checks/shared.ts';
import type { Kube } from '../cluster/kube.ts';
import type { DecidedBy } from '../model/check.ts';
import type { Report, Result } from '../model/finding.ts';
import { environmentProblem, Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { known, knownOr, type Snapshot, unknownFact, type WorkloadFact } from '../model/snapshot.ts';
import { planProbes } from '../probe/plan.ts';
import { runProbes } from '../probe/run.ts';
import { gatherSnapshot } from './gather.ts';
import { proofsOf } from './proofs.ts';
import { type Selection, selectWorkloads } from './select.ts';
import { regionOf, stsEndpointOf } from './sts.ts';

export interface ExamineOptions {
  /** Null: without a cluster. */
  kube: Kube | null;
  /** Null: without AWS. */
  aws: Aws | null;
  /** Manifest files and folders; merged over the cluster's workloads, as if applied. */
  files: readonly string[];
  /** Facts that were saved before; nothing is gathered or asked then. */
  saved?: { snapshot: Snapshot; by: readonly DecidedBy[] } | null;
  active: boolean;
  /** Ends the run with a problem, before any pod is started, when nobody is there to be proven. */
  needsAnnotated?: boolean;
  /** Whether to look at AWS's side beyond whether pods get their roles; true by default. */
  audits?: boolean;
  selection: Selection;
  systemNamespace: string;
  /** ARNs to take for the node identities instead of those that the daemons tell. */
  nodeRoles: readonly string[];
  only: readonly string[] | null;
  skip: readonly string[];
  probe: ProbeOptions;
  version: string;
  signal: AbortSignal;
  progress: Progress;
}

export interface ProbeOptions {
  image: string;
  /** Null: as the daemon does. */
  stsEndpoint: string | null;
  region: string | null;
  nodeLimit: number | null;
  timeoutMs: number;
  concurrency: number;
  keep: boolean;
}

export interface Examination {
  report: Report;
  /** Null when nothing could be gathered. */
  snapshot: Snapshot | null;
  /** By what this run could decide. */
  by: DecidedBy[];
  /** What ended the run early; the report is as far as it came. */
  problem: Error | null;
  /** Objects of diagnostic pods that could not be taken away. */
  left: string[];
  /** What the diagnostic pods did not cover, in words. */
  notCovered: string[];
}

/** Never throws for the world's faults: they are in `problem`. Throws usage Problems of the selection. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const startedAt = new Date();
  let by = options.saved ? [...options.saved.by] : waysOf(options);
  const state: Progressed = {
    snapshot: options.saved?.snapshot ?? null,
    everyone: [],
    problem: null,
    left: [],
    notCovered: [],
  };
  let selected: WorkloadFact[] = [];
  try {
    state.snapshot ??= await gatherSnapshot(options);
    state.everyone = annotatedWorkloads(state.snapshot).map(({ workload }) => workload);
    selected = selectWorkloads(listOf(state.snapshot), options.selection);
    if (isNarrow(options.selection)) state.snapshot = restrict(state.snapshot, selected);
    if (options.needsAnnotated && isNobody(state.snapshot, selected)) {
      // A page of what was not asked would bury the one thing to say.
      by = by.filter((way) => way !== 'A');
      throw nothingToVerify(options.selection.namespace);
    }
    if (options.active && !options.saved) await ask(state, selected, options);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'usage') throw error;
    state.problem = error as Error;
  }
  options.progress.end();
  const { snapshot, problem, left, notCovered } = state;
  const results =
    snapshot === null
      ? []
      : runChecks(snapshot, { by, only: options.only, skip: options.skip, audits: options.audits ?? true });
  const annotated = snapshot === null ? [] : annotatedOf(snapshot, selected);
  return {
    report: reportOf(options, { startedAt, results, snapshot, annotated, isComplete: problem === null }),
    snapshot,
    by,
    problem,
    left,
    notCovered: [...notCovered, ...undecidable(by)],
  };
}

function undecidable(by: readonly DecidedBy[]): string[] {
  const codes = leftOut(by);
  const hint = by.includes('K') && !by.includes('A') ? '; --active decides most of them' : '';
  return codes.length === 0 ? [] : [`${codes.join(', ')}, which this run has no means to decide${hint}`];
}

interface Progressed {
  snapshot: Snapshot | null;
  /** The annotated workloads, selected or not. */
  everyone: readonly WorkloadFact[];
  problem: Error | null;
  left: string[];
  notCovered: string[];
}

function waysOf({ kube, aws, active, files }: ExamineOptions): DecidedBy[] {
  return [
    ...(kube ? (['K'] as const) : []),
    ...(aws ? (['I'] as const) : []),
    ...(active ? (['A'] as const) : []),
    ...(files.length > 0 ? (['F'] as const) : []),
  ];
}

const isNarrow = ({ names, selector }: Selection): boolean => names.length > 0 || selector !== null;

const listOf = ({ workloads }: Snapshot): readonly WorkloadFact[] => knownOr(workloads, []);

const restrict = (snapshot: Snapshot, selected: WorkloadFact[]): Snapshot =>
  snapshot.workloads.state === 'known'
    ? { ...snapshot, workloads: known(selected, `${snapshot.workloads.from} in a selection`) }
    : snapshot;

/** Known to be nobody; workloads that could not be listed are another matter. */
const isNobody = (snapshot: Snapshot, selected: readonly WorkloadFact[]): boolean =>
  snapshot.workloads.state === 'known' && annotatedOf(snapshot, selected).length === 0;

function annotatedOf(snapshot: Snapshot, selected: readonly WorkloadFact[]): WorkloadFact[] {
  const ids = new Set(selected.map(({ id }) => id));
  return annotatedWorkloads(snapshot)
    .map(({ workload }) => workload)
    .filter(({ id }) => ids.has(id));
}

/** Runs the diagnostic pods; an interrupt leaves what was seen so far and becomes the run's problem. */
async function ask(
  state: Progressed,
  selected: readonly WorkloadFact[],
  options: ExamineOptions,
): Promise<void> {
  const { kube, probe, signal, progress } = options;
  const snapshot = state.snapshot!;
  if (kube === null) {
    state.snapshot = {
      ...snapshot,
      probes: unknownFact('there is no cluster to run them in', 'run diagnostic pods'),
    };
    return;
  }
  const workloads = annotatedOf(snapshot, selected);
  const install = knownOr(snapshot.proxy, null);
  const plan = planProbes(snapshot, {
    systemNamespace: install?.namespace ?? options.systemNamespace,
    workloads,
    others: state.everyone,
    // A run about some workloads asks on their nodes; a look at everything asks on every node.
    nodeLimit: install === null ? 0 : (probe.nodeLimit ?? (isNarrow(options.selection) ? 0 : null)),
  });
  state.notCovered = plan.notCovered;
  if (plan.probes.length === 0) return;
  const region = probe.region ?? regionOf(snapshot);
  const run = await runProbes(kube, plan, {
    image: probe.image,
    region,
    stsEndpoint: probe.stsEndpoint ?? stsEndpointOf(snapshot, region),
    signal,
    timeoutMs: probe.timeoutMs,
    concurrency: probe.concurrency,
    keep: probe.keep,
    progress,
  });
  state.left = run.left;
  state.snapshot = {
    ...snapshot,
    probes: known(run.observations, `run ${plan.probes.length} diagnostic pods`),
  };
  signal.throwIfAborted();
}

interface Outcome {
  startedAt: Date;
  results: Result[];
  snapshot: Snapshot | null;
  annotated: WorkloadFact[];
  isComplete: boolean;
}

function reportOf(options: ExamineOptions, outcome: Outcome): Report {
  const { startedAt, results, snapshot, annotated, isComplete } = outcome;
  const isInstalled = snapshot?.proxy.state === 'known' && snapshot.proxy.value !== null;
  const caller = snapshot?.aws.caller;
  const report: Report = {
    schemaVersion: 1,
    tool: { name: 'pod-iam', version: options.version },
    context: {
      cluster: snapshot?.context.cluster ?? options.kube?.context.name ?? null,
      mode: isInstalled ? ['proxy'] : [],
      account: caller?.state === 'known' ? caller.value.account : null,
    },
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    complete: isComplete,
    summary: summarise(results),
    results,
  };
  if (snapshot?.probes.state === 'known') report.workloads = proofsOf(annotated, snapshot, results);
  return report;
}

/** A CI step must not turn green because it found nobody to verify. */
const nothingToVerify = (namespace: string | null): Problem =>
  environmentProblem({
    code: 'NOTHING_TO_VERIFY',
    what: `there is nothing to verify: no selected workload${namespace === null ? '' : ` in the namespace ${namespace}`} carries a role annotation`,
    next: 'annotate a pod template with iam.amazonaws.com/role, or pass --allow-empty',
  });

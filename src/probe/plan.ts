// Decides which diagnostic pods to run, where, and which of them is the control of which.
import { type Annotations, EXTERNAL_ID_KEY, ROLE_KEY, SESSION_NAME_KEY } from '../model/annotations.ts';
import type { ContainerAsk, Source } from '../model/container-ask.ts';
import { EKS_AUDIENCE } from '../model/container-credentials.ts';
import { INVENTED_ROLE } from '../model/observation.ts';
import { decideRole } from '../model/role.ts';
import { knownOr, type Snapshot, type Toleration, type WorkloadFact } from '../model/snapshot.ts';
import { askingOf, limitsOf, withAssociation } from './asking.ts';
import { chooseNode, isUsable } from './place.ts';

export interface PlannedProbe {
  id: string;
  kind: 'identity' | 'bare';
  /** `namespace/Kind/name` that it stands for; null for a bare probe. */
  workload: string | null;
  namespace: string;
  /** Null: wherever the scheduler puts it. */
  node: string | null;
  serviceAccount: string;
  annotations: Annotations;
  tolerations: Toleration[];
  /** The role ARN that the workload should get. */
  expectedRole: string | null;
  /** A role that it must not get: that of another workload, or an invented name. */
  otherRole: string;
  /** Where the SDKs of the workload ask, the first of their chain first. */
  sources: readonly Source[];
  /** How to ask by a token; null: not at all. */
  container: ProvableAsk | null;
}

/** A token that a diagnostic pod can be given too. */
export type ProvableAsk = ContainerAsk & { token: { kind: 'projected' | 'none' } };

export interface ProbePlan {
  probes: PlannedProbe[];
  /** What the probes cannot show, in words, for the reader of the report. */
  notCovered: string[];
}

export interface PlanOptions {
  /** Where the bare probes of nodes without an annotated workload run. */
  systemNamespace: string;
  /** The annotated workloads to prove; others do not count. */
  workloads: readonly WorkloadFact[];
  /** Further ones, whose roles are good to be tried as another's. */
  others?: readonly WorkloadFact[];
  /** At most so many nodes beside those of the workloads; null for all. */
  nodeLimit: number | null;
}

/** Plans one identity probe per workload that should get a role, and bare probes beside and beyond them. */
export function planProbes(snapshot: Snapshot, options: PlanOptions): ProbePlan {
  const identities = planIdentities(snapshot, options);
  const beyond = planBeyond(snapshot, options, identities.probes);
  const probes = [...identities.probes, ...besides(identities.probes), ...beyond.probes];
  return {
    probes: probes.map((probe, index) => ({ ...probe, id: `p${index + 1}` })),
    notCovered: [
      ...identities.notCovered,
      ...withAssociation(snapshot, options.workloads),
      ...beyond.notCovered,
    ],
  };
}

function planIdentities(snapshot: Snapshot, { workloads, others = [] }: PlanOptions): ProbePlan {
  const expected = new Map<string, string>();
  for (const workload of [...workloads, ...others]) {
    const arn = expectedRole(workload, snapshot);
    if (arn !== null) expected.set(workload.id, arn);
  }
  const plan: ProbePlan = { probes: [], notCovered: [] };
  for (const workload of [...workloads].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const arn = expected.get(workload.id);
    if (arn === undefined) continue;
    const { node, note } = chooseNode(workload, snapshot);
    if (note !== null) plan.notCovered.push(note);
    if (node === undefined) continue;
    const other = [...expected.values()].sort().find((candidate) => candidate !== arn);
    plan.probes.push(identityProbe(workload, node, arn, other ?? INVENTED_ROLE, snapshot));
    plan.notCovered.push(...limitsOf(workload, snapshot));
  }
  return plan;
}

/** A bare probe for each of the others; of those in one place the last counts, with the way to ask of any. */
function besides(identities: readonly PlannedProbe[]): PlannedProbe[] {
  const bare = new Map<string, PlannedProbe>();
  for (const probe of identities) {
    const key = `${probe.namespace}/${probe.node}`;
    const container = askWithoutRole(probe) ?? bare.get(key)?.container ?? null;
    bare.set(key, { ...bareProbe(probe.namespace, probe.node, probe.tolerations, probe), container });
  }
  return [...bare.values()];
}

/** Bare probes for the nodes without an annotated workload. */
function planBeyond(
  snapshot: Snapshot,
  { nodeLimit, systemNamespace }: PlanOptions,
  identities: readonly PlannedProbe[],
): ProbePlan {
  const nodes = knownOr(snapshot.nodes, []);
  const covered = new Set(identities.map((probe) => probe.node));
  const further = nodes
    .filter((node) => isUsable(node) && !covered.has(node.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const sample = nodeLimit === null ? further : further.slice(0, nodeLimit);
  const notCovered: string[] = [];
  if (sample.length < further.length)
    notCovered.push(
      `${further.length - sample.length} of ${nodes.length} nodes, on which no pod was started`,
    );
  for (const node of nodes.filter((candidate) => candidate.notServable !== null))
    notCovered.push(`node ${node.name}: ${node.notServable}`);
  // A node may be kept for others by taints; the daemon must intercept there all the same.
  const probes = sample.map((node) =>
    bareProbe(systemNamespace, node.name, [{ operator: 'Exists' }], identities[0] ?? null),
  );
  return { probes, notCovered };
}

/** The role ARN that the daemon should give a workload's pods by their annotation; null for none. */
export function expectedRole(workload: WorkloadFact, snapshot: Snapshot): string | null {
  const { settings } = snapshot;
  const namespaces = knownOr(snapshot.namespaces, []);
  const namespace = namespaces.find(({ name }) => name === workload.namespace);
  const { sources, ask } = askingOf(workload, snapshot);
  const isKnownByToken = ask !== null && isProvable(ask) && !sources.includes('imds');
  const decision = decideRole(
    {
      annotations: workload.template.annotations,
      hostNetwork: workload.template.hostNetwork,
      knownBy: isKnownByToken ? 'token' : 'address',
      namespace: namespace?.annotations ?? null,
    },
    settings,
  );
  return decision.role?.origin === 'annotation' ? decision.role.arn.arn : null;
}

// Only what decides the role is copied. The workload's labels are not: a copied label would bring the
// probe traffic from its Services, or have its controller adopt and count it.
function identityProbe(
  workload: WorkloadFact,
  node: string | null,
  arn: string,
  otherRole: string,
  snapshot: Snapshot,
): PlannedProbe {
  const { settings } = snapshot;
  const { sources, ask } = askingOf(workload, snapshot);
  const keys = new Set([
    settings.roleKey,
    settings.externalIdKey,
    ROLE_KEY,
    EXTERNAL_ID_KEY,
    SESSION_NAME_KEY,
  ]);
  const annotations = Object.fromEntries(
    Object.entries(workload.template.annotations).filter(([key]) => keys.has(key)),
  );
  return {
    id: '',
    kind: 'identity',
    workload: workload.id,
    namespace: workload.namespace,
    node,
    serviceAccount: workload.template.serviceAccount,
    annotations,
    tolerations: workload.template.tolerations,
    expectedRole: arn,
    otherRole,
    sources,
    container: ask !== null && isProvable(ask) ? ask : null,
  };
}

const isProvable = (ask: ContainerAsk): ask is ProvableAsk => ask.token.kind !== 'other';

/** A pod without a role asks in the same way. Not EKS's agent, where the account it has may have a role. */
function askWithoutRole({ container }: PlannedProbe): ProvableAsk | null {
  if (container === null || container.token.kind !== 'projected') return null;
  return container.token.audience === EKS_AUDIENCE ? null : container;
}

/** The negative control: same place and script, no role; tries the role of the probe beside it. */
function bareProbe(
  namespace: string,
  node: string | null,
  tolerations: Toleration[],
  beside: PlannedProbe | null,
): PlannedProbe {
  return {
    id: '',
    kind: 'bare',
    workload: null,
    namespace,
    node,
    serviceAccount: 'default',
    annotations: {},
    tolerations,
    expectedRole: null,
    otherRole: beside?.expectedRole ?? INVENTED_ROLE,
    sources: ['imds'],
    container: null,
  };
}

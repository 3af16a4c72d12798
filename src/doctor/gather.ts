// Gathers one snapshot out of cluster, files and AWS, in the order in which each needs the one before.
import type { Aws } from '../aws/aws.ts';
import { workloadsWithRole } from '../checks/shared.ts';
import { nodeRoleArn } from '../checks/TP018.ts';
import type { ClusterFacts } from '../cluster/gather.ts';
import type { Kube } from '../cluster/kube.ts';
import type { Progress } from '../model/progress.ts';
import { DEFAULT_SETTINGS } from '../model/role.ts';
import {
  type Fact,
  known,
  knownOr,
  noAwsFacts,
  type PodTemplateFact,
  type Snapshot,
  unknownFact,
} from '../model/snapshot.ts';
import { RUN_LABEL } from '../probe/pod.ts';

export interface GatherSources {
  kube: Kube | null;
  aws: Aws | null;
  files: readonly string[];
  selection: { namespace: string | null };
  systemNamespace: string;
  nodeRoles: readonly string[];
  /** Whether to read what audits need; true by default. */
  audits?: boolean;
  probe: { region: string | null };
  progress: Progress;
}

/** @throws Problem when the cluster cannot be reached, or a file not be read */
export async function gatherSnapshot(sources: GatherSources): Promise<Snapshot> {
  const { kube, aws, progress, selection } = sources;
  const inCluster = kube ? withoutProbes(await readCluster(kube, sources)) : NO_CLUSTER;
  const merged = sources.files.length === 0 ? inCluster : await withFiles(inCluster, sources);
  const nodeIdentities =
    sources.nodeRoles.length === 0 ? merged.nodeIdentities : known([...sources.nodeRoles], '--node-role');
  const unasked: Snapshot = {
    schemaVersion: 1,
    takenAtMs: Date.now(),
    context: {
      cluster: kube?.context.name ?? null,
      kubeContext: kube?.context.name ?? null,
      region: sources.probe.region ?? aws?.region ?? null,
    },
    ...merged,
    nodeIdentities,
    aws: noAwsFacts('AWS was not asked'),
    probes: unknownFact('no diagnostic pods were run', 'run diagnostic pods (--active)'),
  };
  progress.step(aws ? 'reading roles and trust policies' : 'judging without AWS');
  const { gatherAws } = await import('../aws/gather.ts');
  const identities = knownOr(nodeIdentities, []);
  const wanted = workloadsWithRole(unasked)
    .filter(({ workload }) => selection.namespace === null || workload.namespace === selection.namespace)
    .map(({ role }) => role.arn);
  // A session's ARN has lost its role's path; IAM knows it.
  const nodes = identities
    .map((identity) => nodeRoleArn(identity, unasked))
    .filter((arn) => arn.includes(':role/'));
  const options = {
    audits: sources.audits ?? true,
    nodes: knownOr(unasked.nodes, []),
  };
  return { ...unasked, aws: await gatherAws(aws, sorted(wanted), sorted(nodes), options) };
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

async function readCluster(
  kube: Kube,
  { systemNamespace, selection, progress }: GatherSources,
): Promise<ClusterFacts> {
  progress.step('reading nodes, pods, workloads and the proxy');
  const { gatherCluster } = await import('../cluster/gather.ts');
  const facts = await gatherCluster(kube, {
    systemNamespace,
    namespaces: selection.namespace === null ? undefined : [selection.namespace],
  });
  // Without the right to list everywhere only the context's namespace was read; pods tell.
  const scope = facts.pods.from.includes(' in ')
    ? facts.pods.from.slice(facts.pods.from.indexOf(' in '))
    : '';
  const { workloads } = facts;
  return workloads.state === 'known'
    ? { ...facts, workloads: known(workloads.value, `${workloads.from}${scope}`) }
    : facts;
}

/** Diagnostic pods that were kept, or of another run, are nobody's workload. */
function withoutProbes(facts: ClusterFacts): ClusterFacts {
  const isProbe = ({ template }: { template: PodTemplateFact }): boolean => RUN_LABEL in template.labels;
  const drop = <T extends { template: PodTemplateFact }>(fact: Fact<T[]>): Fact<T[]> =>
    fact.state === 'known'
      ? known(
          fact.value.filter((item) => !isProbe(item)),
          fact.from,
        )
      : fact;
  return { ...facts, pods: drop(facts.pods), workloads: drop(facts.workloads) };
}

const missing = unknownFact('no cluster was asked', 'ask the cluster');
const NO_CLUSTER: ClusterFacts = {
  settings: DEFAULT_SETTINGS,
  nodes: missing,
  namespaces: missing,
  serviceAccounts: missing,
  pods: missing,
  workloads: missing,
  proxy: missing,
  nodeIdentities: missing,
};

/** The files' objects in place of the cluster's of the same name, as if they were applied. */
async function withFiles(facts: ClusterFacts, { files, selection }: GatherSources): Promise<ClusterFacts> {
  const { workloadsFromFiles } = await import('../cluster/files.ts');
  const read = await workloadsFromFiles(files, selection.namespace ?? 'default');
  const from = `read ${files.join(', ')}`;
  return {
    ...facts,
    workloads: merge(facts.workloads, read.workloads, ({ id }) => id, from),
    namespaces: merge(facts.namespaces, read.namespaces, ({ name }) => name, from),
    serviceAccounts: merge(
      facts.serviceAccounts,
      read.serviceAccounts,
      ({ namespace, name }) => `${namespace}/${name}`,
      from,
    ),
  };
}

function merge<T>(base: Fact<T[]>, over: readonly T[], keyOf: (item: T) => string, from: string): Fact<T[]> {
  const under = knownOr(base, []);
  const keys = new Set(over.map(keyOf));
  const sources = base.state === 'known' ? `${base.from}, and ${from}` : from;
  return known([...under.filter((item) => !keys.has(keyOf(item))), ...over], sources);
}

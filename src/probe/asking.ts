// How the pods of a workload ask for credentials, and what a diagnostic pod cannot do as they do.
import { type Asking, readAsking } from '../model/container-ask.ts';
import { EKS_AUDIENCE } from '../model/container-credentials.ts';
import { knownOr, type PodFact, type Snapshot, type WorkloadFact } from '../model/snapshot.ts';

/** By its template; what an admission webhook put in, as that of EKS Pod Identity does, only its pods show. */
export function askingOf({ id, template, source }: WorkloadFact, { pods }: Snapshot): Asking {
  const asking = readAsking(template);
  if (asking.ask !== null || source !== null || pods.state === 'unknown') return asking;
  return podsThatAsk(pods.value).get(id) ?? asking;
}

const indexes = new WeakMap<readonly PodFact[], Map<string, Asking>>();

/** By workload. Pods that are older than what was put in ask as before, so both ways count then. */
function podsThatAsk(pods: readonly PodFact[]): Map<string, Asking> {
  const known = indexes.get(pods);
  if (known) return known;
  const live = pods.filter(isLive).map((pod) => ({ id: pod.workload, ...readAsking(pod.template) }));
  const index = new Map<string, Asking>();
  for (const { id, sources, ask } of live)
    if (ask !== null && !index.has(id)) index.set(id, { sources, ask });
  for (const { id, sources } of live) {
    const found = index.get(id);
    if (found && !found.sources.includes('imds') && sources.includes('imds'))
      index.set(id, { ...found, sources: [...found.sources, 'imds'] });
  }
  indexes.set(pods, index);
  return index;
}

export const isLive = (pod: PodFact): boolean =>
  pod.node !== null && pod.phase === 'Running' && !pod.terminating;

/** What a diagnostic pod for the workload leaves open, in words. */
export function limitsOf(workload: WorkloadFact, snapshot: Snapshot): string[] {
  const { ask } = askingOf(workload, snapshot);
  if (ask?.token.kind === 'other') return [`${workload.id}: container credentials, as ${ask.token.why}`];
  if (!workload.template.hostNetwork) return [];
  return [
    `${workload.id}: the network of its node; proven by its token from a pod with an address of its own`,
  ];
}

/** Those that get a role by EKS Pod Identity alone, in words: which one that should be, only EKS knows. */
export function withAssociation(snapshot: Snapshot, annotated: readonly WorkloadFact[]): string[] {
  const workloads = knownOr(snapshot.workloads, []);
  const ids = new Set(annotated.map(({ id }) => id));
  return workloads
    .filter((workload) => !ids.has(workload.id))
    .filter((workload) => {
      const token = askingOf(workload, snapshot).ask?.token;
      return token?.kind === 'projected' && token.audience === EKS_AUDIENCE;
    })
    .map(({ id }) => `${id}: its role by EKS Pod Identity, which no annotation names`);
}

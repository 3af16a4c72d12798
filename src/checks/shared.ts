// What many checks need: who is annotated, how a subject is named, and how a missing fact becomes an
// `unknown` that says which permission would decide it.
import { type Annotations, readRoleAnnotation } from '../model/annotations.ts';
import { type RoleArn, resolveRole } from '../model/arn.ts';
import { CONTAINER_AUDIENCE } from '../model/container-credentials.ts';
import { type Finding, type Fix, type Subject, subject, unknown } from '../model/finding.ts';
import type { ProbeObservation } from '../model/observation.ts';
import { quote } from '../model/shell.ts';
import type {
  Fact,
  Grant,
  PodFact,
  ProxyInstall,
  RoleSettings,
  Snapshot,
  WorkloadFact,
} from '../model/snapshot.ts';

type UnknownFact = Extract<Fact<unknown>, { state: 'unknown' }>;

/** An annotated workload and what its annotation says. */
export interface Annotated {
  workload: WorkloadFact;
  /** Null: the annotation is blank. */
  value: string | null;
  key: string;
}

/** Workloads whose pod template carries the role annotation, blank ones included. */
export function annotatedWorkloads(snapshot: Snapshot): Annotated[] {
  if (snapshot.workloads.state === 'unknown') return [];
  return snapshot.workloads.value.flatMap((workload): Annotated[] => {
    const annotation = readRoleAnnotation(workload.template.annotations, snapshot.settings.roleKey);
    if (annotation.state === 'absent') return [];
    return [{ workload, key: annotation.key, value: annotation.state === 'set' ? annotation.value : null }];
  });
}

/** Annotated workloads whose role can be told, with it. */
export function workloadsWithRole(snapshot: Snapshot): { workload: WorkloadFact; role: RoleArn }[] {
  return annotatedWorkloads(snapshot).flatMap(({ workload, value }) => {
    if (value === null) return [];
    const resolved = resolveRole(value, snapshot.settings.baseRoleArn);
    return resolved.ok ? [{ workload, role: resolved.role }] : [];
  });
}

/** Live pods that the proxy is to serve by their annotation. */
export function annotatedPods(pods: readonly PodFact[], settings: RoleSettings): PodFact[] {
  return pods.filter(
    (pod) =>
      pod.node !== null &&
      !pod.terminating &&
      (pod.phase === 'Running' || pod.phase === 'Pending') &&
      !pod.template.hostNetwork &&
      readRoleAnnotation(pod.template.annotations, settings.roleKey).state === 'set',
  );
}

export function workloadSubject(
  { kind, name, namespace, source }: WorkloadFact,
  rest: Partial<Subject> = {},
): Subject {
  return subject(kind, name, {
    namespace,
    file: source?.file ?? null,
    line: source?.line ?? null,
    ...rest,
  });
}

/** The subject of a probe that stands for a workload. */
export function probedWorkload(observation: ProbeObservation): Subject {
  const [namespace = '', kind = '', name = ''] = (observation.workload ?? '').split('/');
  return subject(kind, name, { namespace, node: observation.node, role: observation.expectedRole });
}

export const clusterSubject = ({ context }: Snapshot): Subject =>
  subject('Cluster', context.cluster ?? 'of the current context');

/** Whether the daemon answers at the container credentials endpoint. */
export const takesTokens = (proxy: ProxyInstall | null): boolean =>
  proxy?.args.some((arg) => /^--container-credentials(?:=true)?$/.test(arg)) ?? false;

/** Of the tokens that it takes there. */
export function tokenAudience(proxy: ProxyInstall | null): string {
  const flag = '--container-credentials-audience=';
  return proxy?.args.find((arg) => arg.startsWith(flag))?.slice(flag.length) ?? CONTAINER_AUDIENCE;
}

/** Whether all workloads of the cluster were read: only then does it count that something is not there. */
export const isClusterWide = ({ workloads }: Snapshot): boolean =>
  workloads.state === 'known' && !workloads.from.includes(' in ');

/** The unknown of a fact that could not be read. */
export function unread(fact: UnknownFact, of: Subject, expected: string, why = ''): Finding {
  return unknown(of, {
    expected,
    observed: `not read (${fact.from}): ${fact.why}`,
    why,
    fix: fact.grant ? grantFix(fact.grant) : null,
  });
}

export const grantFix = ({ needs, snippet }: Grant): Fix => ({
  text: `allow ${needs}`,
  command: null,
  patch: snippet,
});

/** What the identity probes of a run saw; empty when none were run. */
export const identityProbes = ({ probes }: Snapshot): ProbeObservation[] =>
  probes.state === 'known' ? probes.value.filter(({ kind }) => kind === 'identity') : [];

export const bareProbes = ({ probes }: Snapshot): ProbeObservation[] =>
  probes.state === 'known' ? probes.value.filter(({ kind }) => kind === 'bare') : [];

/** `kubectl patch` with a merge patch on a namespaced object. */
export function patchCommand(kind: string, namespace: string, name: string, patch: object): string {
  return `kubectl patch ${kind.toLowerCase()} ${quote(name)} -n ${quote(namespace)} --type merge -p ${quote(JSON.stringify(patch))}`;
}

/** A merge patch of the annotations of a workload's pods; null in the value removes one. */
export function podAnnotationPatch(
  { kind }: WorkloadFact,
  annotations: Readonly<Record<string, string | null>>,
): object {
  const metadata = { metadata: { annotations } };
  if (kind === 'Pod') return metadata;
  if (kind === 'CronJob') return { spec: { jobTemplate: { spec: { template: metadata } } } };
  return { spec: { template: metadata } };
}

/** JSON pointer of a workload's pod annotations. */
export function annotationsPointer({ kind, source }: WorkloadFact): string {
  if (source !== null) return `${source.templatePointer}/metadata/annotations`;
  if (kind === 'Pod') return '/metadata/annotations';
  return kind === 'CronJob'
    ? '/spec/jobTemplate/spec/template/metadata/annotations'
    : '/spec/template/metadata/annotations';
}

/** Kubernetes replaces no annotation of a Job's or a bare pod's template: the object must be made anew. */
export const isImmutable = ({ kind }: WorkloadFact): boolean => kind === 'Job';

/** Annotations of a namespace; undefined when it is not among those read. */
export function namespaceAnnotations(snapshot: Snapshot, name: string): Annotations | undefined {
  if (snapshot.namespaces.state === 'unknown') return undefined;
  return snapshot.namespaces.value.find((namespace) => namespace.name === name)?.annotations;
}

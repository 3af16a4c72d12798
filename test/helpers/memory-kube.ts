// A cluster in memory for tests of what talks to one: keeps objects, and lets a test say what becomes
// of each pod and which calls are refused.
import type { Kube, KubeObject, ListOptions } from '../../src/cluster/kube.ts';
import { environmentProblem, type Problem } from '../../src/model/problem.ts';

export interface MemoryKubeOptions {
  /** Called for each pod when it is created (not for dry runs); may change its status at once or later. */
  onPod?(pod: KubeObject): void;
  /** The log of a pod. */
  log?(pod: KubeObject): string;
  /** Throws the Problem of a call that is to be refused. */
  refuse?(call: { verb: string; kind: string; namespace: string | undefined; dryRun: boolean }): void;
  objects?: KubeObject[];
}

export interface MemoryKube extends Kube {
  objects: Map<string, KubeObject>;
  /** `verb Kind namespace/name`, dry runs marked. */
  calls: string[];
}

export function memoryKube(options: MemoryKubeOptions = {}): MemoryKube {
  const objects = new Map<string, KubeObject>();
  const calls: string[] = [];
  const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
    `${kind}/${namespace ?? ''}/${name}`;
  for (const object of options.objects ?? [])
    objects.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), object);
  let uid = 0;
  const call = (verb: string, kind: string, namespace: string | undefined, name: string, dryRun = false) => {
    calls.push(`${verb} ${kind} ${namespace ?? ''}/${name}${dryRun ? ' (dry run)' : ''}`);
    options.refuse?.({ verb, kind, namespace, dryRun });
  };
  const create = async (object: KubeObject, { dryRun = false } = {}): Promise<KubeObject> => {
    const { kind, metadata } = object;
    call('create', kind, metadata.namespace, metadata.name, dryRun);
    const made = structuredClone(object);
    made.metadata.uid = `uid-${++uid}`;
    if (dryRun) return made;
    objects.set(keyOf(kind, metadata.namespace, metadata.name), made);
    if (kind === 'Pod') options.onPod?.(made);
    return made;
  };
  return {
    objects,
    calls,
    context: {
      name: 'memory',
      cluster: 'memory',
      server: 'https://memory',
      namespace: 'default',
      kubectl: 'kubectl',
    },
    version: async () => 'v1.35.0',
    list: async (_apiVersion: string, kind: string, query: ListOptions = {}) => {
      call('list', kind, query.namespace, '*');
      const [label, value] = (query.labelSelector ?? '').split('=');
      return [...objects.values()].filter(
        (object) =>
          object.kind === kind &&
          (query.namespace === undefined || object.metadata.namespace === query.namespace) &&
          (!label || object.metadata.labels?.[label] === value),
      );
    },
    read: async ({ kind, namespace, name }) => objects.get(keyOf(kind, namespace, name)) ?? null,
    apply: create,
    create,
    remove: async ({ kind, namespace, name }) => {
      call('remove', kind, namespace, name);
      return objects.delete(keyOf(kind, namespace, name));
    },
    log: async (namespace, name) => options.log?.(objects.get(keyOf('Pod', namespace, name))!) ?? '',
    can: async () => true,
  };
}

/** Puts a pod's only container into a state, as the kubelet reports it. */
export function setState(pod: KubeObject, state: object, phase = 'Pending'): void {
  const [container] = (pod.spec as { containers: { name: string }[] }).containers;
  pod.status = { phase, containerStatuses: [{ name: container!.name, state }] };
}

export const refusal = (code: string, what: string, next: string): Problem =>
  environmentProblem({ code, what, next });

// Reads a pod template (or a pod, which has the same shape) into the facts that decide its identity.
import type { ContainerFact, EnvVar, PodTemplateFact, TokenFact, Toleration } from '../../model/snapshot.ts';

/** The parts of a PodSpec that are read. */
export interface PodSpec {
  serviceAccountName?: string;
  hostNetwork?: boolean;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: Volume[];
}

interface Volume {
  name: string;
  projected?: {
    sources?: {
      serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
    }[];
  };
}

interface Container {
  name?: string;
  image?: string;
  env?: { name: string; value?: string; valueFrom?: Record<string, unknown> }[];
  volumeMounts?: { name: string; mountPath: string }[];
}

export interface PodTemplate {
  metadata?: { annotations?: Record<string, string> | null; labels?: Record<string, string> | null };
  spec?: PodSpec;
}

export function templateFact({ metadata, spec = {} }: PodTemplate): PodTemplateFact {
  return {
    annotations: metadata?.annotations ?? {},
    labels: metadata?.labels ?? {},
    // An absent account is the namespace's `default`.
    serviceAccount: spec.serviceAccountName || 'default',
    hostNetwork: spec.hostNetwork === true,
    nodeSelector: spec.nodeSelector ?? {},
    tolerations: spec.tolerations ?? [],
    containers: [
      ...(spec.initContainers ?? []).map((one) => containerFact(one, 'init')),
      ...(spec.containers ?? []).map((one) => containerFact(one, 'container')),
      ...(spec.ephemeralContainers ?? []).map((one) => containerFact(one, 'ephemeral')),
    ],
    tokens: (spec.volumes ?? []).flatMap(tokenFacts),
  };
}

function containerFact(container: Container, kind: ContainerFact['kind']): ContainerFact {
  return {
    name: container.name ?? '',
    kind,
    image: container.image ?? '',
    env: (container.env ?? []).map(envFact),
    mounts: (container.volumeMounts ?? []).map(({ name, mountPath }) => ({ name, path: mountPath })),
  };
}

// https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
const tokenFacts = ({ name, projected }: Volume): TokenFact[] =>
  (projected?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
    token
      ? {
          volume: name,
          path: token.path,
          audience: token.audience || null,
          expirationSeconds: token.expirationSeconds ?? 3600,
        }
      : [],
  );

/** Keys, tokens and passwords written into a manifest stay out of the snapshot: it may be saved and sent. */
function envFact({ name, value, valueFrom }: NonNullable<Container['env']>[number]): EnvVar {
  if (valueFrom) return { name, value: null, from: origin(valueFrom) };
  const isSecret = /SECRET|TOKEN|PASSWORD|ACCESS_KEY/i.test(name) && !/_FILE$/i.test(name);
  const shown = (value ?? '').replace(/\/\/[^/@\s]*@/, '//');
  return { name, value: isSecret ? null : shown, from: 'literal' };
}

function origin(valueFrom: Record<string, unknown>): EnvVar['from'] {
  if ('secretKeyRef' in valueFrom) return 'secret';
  if ('configMapKeyRef' in valueFrom) return 'configMap';
  return 'resourceFieldRef' in valueFrom ? 'resource' : 'field';
}

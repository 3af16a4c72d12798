// The defaults of a pod's specification, also inside the templates of workloads.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/

export interface Container {
  name: string;
  image?: string;
  imagePullPolicy?: string;
  command?: string[];
  args?: string[];
  env?: {
    name: string;
    value?: string;
    valueFrom?: { fieldRef?: { fieldPath: string; apiVersion?: string } };
  }[];
  ports?: { containerPort: number; hostPort?: number; protocol?: string }[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  securityContext?: Record<string, unknown>;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  [field: string]: unknown;
}

interface Probe {
  httpGet?: { scheme?: string };
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  [field: string]: unknown;
}

interface DownwardFiles {
  items?: { fieldRef?: { apiVersion?: string } }[];
}

interface ProjectedSource {
  serviceAccountToken?: { expirationSeconds?: number };
  downwardAPI?: DownwardFiles;
}

export interface Volume {
  name: string;
  configMap?: { defaultMode?: number };
  secret?: { defaultMode?: number };
  projected?: { defaultMode?: number; sources?: ProjectedSource[] };
  downwardAPI?: DownwardFiles & { defaultMode?: number };
  hostPath?: { path: string; type?: string };
  emptyDir?: object;
  [field: string]: unknown;
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  affinity?: { nodeAffinity?: NodeAffinity };
  tolerations?: Toleration[];
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  restartPolicy?: string;
  hostNetwork?: boolean;
  priorityClassName?: string;
  securityContext?: Record<string, unknown>;
  terminationGracePeriodSeconds?: number;
  [field: string]: unknown;
}

interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] };
}

export interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

/** Fills the specification in place. */
export function podDefaults(spec: PodSpec, isTemplate = false): void {
  spec.containers ??= [];
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec['schedulerName'] ??= 'default-scheduler';
  // Both names of the same field are kept equal.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    containerDefaults(container, spec.hostNetwork === true && !isTemplate);
  }
  for (const volume of spec.volumes ?? []) volumeDefaults(volume);
}

function containerDefaults(container: Container, fillsHostPorts: boolean): void {
  container['terminationMessagePath'] ??= '/dev/termination-log';
  container['terminationMessagePolicy'] ??= 'File';
  container.imagePullPolicy ??= pullPolicy(container.image ?? '');
  container.resources ??= {};
  for (const port of container.ports ?? []) {
    port.protocol ??= 'TCP';
    if (fillsHostPorts) port.hostPort ??= port.containerPort;
  }
  for (const { valueFrom } of container.env ?? [])
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= 'v1';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (!probe) continue;
    probe.timeoutSeconds ??= 1;
    probe.periodSeconds ??= 10;
    probe.successThreshold ??= 1;
    probe.failureThreshold ??= 3;
    if (probe.httpGet) probe.httpGet.scheme ??= 'HTTP';
  }
}

const pullPolicy = (image: string): string =>
  !image.includes('@') && (/:latest$/.test(image) || !/:[^/]*$/.test(image)) ? 'Always' : 'IfNotPresent';

const fileMode = 0o644;

function volumeDefaults(volume: Volume): void {
  for (const source of [volume.configMap, volume.secret, volume.projected, volume.downwardAPI]) {
    if (source) source.defaultMode ??= fileMode;
  }
  for (const { serviceAccountToken, downwardAPI } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
    for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ??= 'v1';
  }
  for (const { fieldRef } of volume.downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ??= 'v1';
  if (volume.hostPath) volume.hostPath.type ??= '';
}

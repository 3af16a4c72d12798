// The defaults that the API fills in and that somebody reads back: not all of them, but every one that
// pod-iam, kubectl's waiting commands and the controllers here depend on.
import { type ApiObject, copy } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { shapeOfKind } from '../schema/schema.ts';
import { normalised } from '../validation/shape.ts';
import { type PodSpec, podDefaults } from './pod.ts';

interface Template {
  metadata?: object;
  spec?: PodSpec;
}

type Spec = Record<string, unknown> & {
  template?: Template;
  jobTemplate?: { spec?: { template?: Template } };
};

/** A copy in the API's normal form with the kind's defaults; what is set stays. */
export function withDefaults(type: ResourceType, object: ApiObject): ApiObject {
  const filled = normalised(copy(object), shapeOfKind(type.apiVersion, type.kind)) as ApiObject;
  if (type.key === 'pods') filled['spec'] ??= {};
  const spec = filled['spec'] as Spec | undefined;
  if (type.key === 'pods' && spec) {
    podDefaults(spec as unknown as PodSpec);
    spec['enableServiceLinks'] ??= true;
  }
  const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
  if (template?.spec) podDefaults(template.spec, true);
  fill(filled, topLevel[type.key]);
  if (spec) fill(spec, specs[type.key]);
  if (type.key === 'namespaces') namespaceDefaults(filled);
  if (type.key === 'secrets') encodeStrings(filled);
  if (type.key === 'jobs.batch' && spec) jobDefaults(filled, spec);
  return filled;
}

/** A new object's status, and a namespace's finalizer, which no client sets. */
export function withInitialStatus(type: ResourceType, object: ApiObject): ApiObject {
  const status = initialStatus[type.key];
  const filled = status && object['status'] === undefined ? { ...object, status: copy(status) } : object;
  return type.key === 'namespaces' ? { ...filled, spec: { finalizers: ['kubernetes'] } } : filled;
}

const topLevel: Record<string, Record<string, unknown>> = {
  secrets: { type: 'Opaque' },
};

const rollingUpdate = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };

const specs: Record<string, Record<string, unknown>> = {
  'daemonsets.apps': { updateStrategy: rollingUpdate, revisionHistoryLimit: 10 },
  'deployments.apps': {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  },
  'replicasets.apps': { replicas: 1 },
  'statefulsets.apps': {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
  },
  'cronjobs.batch': {
    concurrencyPolicy: 'Allow',
    failedJobsHistoryLimit: 1,
    successfulJobsHistoryLimit: 3,
    suspend: false,
  },
  'jobs.batch': {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  },
  services: { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
};

const initialStatus: Record<string, Record<string, unknown>> = {
  namespaces: { phase: 'Active' },
  pods: { phase: 'Pending', qosClass: 'BestEffort' },
  'daemonsets.apps': {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  },
  'replicasets.apps': { replicas: 0 },
  'deployments.apps': {},
  'statefulsets.apps': { replicas: 0, availableReplicas: 0 },
  'cronjobs.batch': {},
  'jobs.batch': {},
  resourcequotas: {},
  services: { loadBalancer: {} },
};

// Plain strings are for writing only: what is kept and read is base64.
function encodeStrings(secret: ApiObject): void {
  const strings = secret['stringData'] as Record<string, string> | undefined;
  if (!strings) return;
  const encoded = Object.entries(strings).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  secret['data'] = { ...(secret['data'] as object | undefined), ...Object.fromEntries(encoded) };
  delete secret['stringData'];
}

// A job's pods are told by labels that no other job has.
function jobDefaults(job: ApiObject, spec: Spec): void {
  if (!job.metadata.uid || !job.metadata.name || spec['selector'] || !spec.template) return;
  const { uid, name } = job.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const template = (spec.template.metadata ?? {}) as ApiObject['metadata'];
  spec.template.metadata = { ...template, labels: { ...template.labels, ...labels } };
  job.metadata = { ...job.metadata, labels: { ...labels, ...job.metadata.labels } };
}

function namespaceDefaults(namespace: ApiObject): void {
  const { labels } = namespace.metadata;
  namespace.metadata = {
    ...namespace.metadata,
    labels: { ...labels, 'kubernetes.io/metadata.name': namespace.metadata.name },
  };
}

function fill(target: Record<string, unknown>, defaults: Record<string, unknown> = {}): void {
  for (const [field, value] of Object.entries(defaults)) {
    if (target[field] === undefined || target[field] === null) target[field] = copy(value);
  }
}

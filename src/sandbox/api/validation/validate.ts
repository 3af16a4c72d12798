// The rules that an object must keep, with the API's causes: names, labels, required fields, and what
// may not change afterwards.
import { isDeepStrictEqual } from 'node:util';
import type { PodSpec } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { invalid, type StatusCause } from '../status.ts';
import { type Fault, forbiddenField, required, unsupported } from './faults.ts';
import { metadataFaults } from './metadata.ts';
import { podFaults } from './pod.ts';

/** Throws the API's 422 with every cause. */
export function validateNew(type: ResourceType, object: ApiObject): void {
  refuse(type, object, [...metadataFaults(type, object), ...kindFaults(type, object)]);
}

export function validateChanged(type: ResourceType, before: ApiObject, after: ApiObject): void {
  refuse(type, after, [
    ...metadataFaults(type, after),
    ...kindFaults(type, after),
    ...immutableFaults(type, before, after),
  ]);
}

function refuse(type: ResourceType, object: ApiObject, faults: Fault[]): void {
  const causes: StatusCause[] = faults.map(({ reason, message, field }) => ({ reason, message, field }));
  if (causes.length > 0) throw invalid(type, object.metadata.name ?? '', causes);
}

interface WorkloadSpec {
  selector?: { matchLabels?: Record<string, string> };
  template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec };
}

function kindFaults(type: ResourceType, object: ApiObject): Fault[] {
  if (type.key === 'pods') return podFaults((object['spec'] ?? {}) as PodSpec, 'spec');
  if (type.group === 'apps') return workloadFaults(object['spec'] as WorkloadSpec | undefined);
  if (type.key === 'jobs.batch') return jobFaults(object['spec'] as WorkloadSpec | undefined);
  if (type.key === 'configmaps') return sizeFaults(object);
  return [];
}

function workloadFaults(spec: WorkloadSpec = {}): Fault[] {
  if (!spec.selector) return [required('spec.selector', '')];
  const labels = spec.template?.metadata?.labels ?? {};
  const faults: Fault[] = [];
  if (!Object.entries(spec.selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)) {
    faults.push({
      reason: 'FieldValueInvalid',
      field: 'spec.template.metadata.labels',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    });
  }
  return [...faults, ...templateFaults(spec, ['Always'])];
}

const jobFaults = (spec: WorkloadSpec = {}): Fault[] => templateFaults(spec, ['OnFailure', 'Never']);

function templateFaults(spec: WorkloadSpec, restartPolicies: string[]): Fault[] {
  const pod = spec.template?.spec ?? { containers: [] };
  const faults = podFaults(pod, 'spec.template.spec');
  if (pod.restartPolicy && !restartPolicies.includes(pod.restartPolicy)) {
    faults.push(unsupported('spec.template.spec.restartPolicy', pod.restartPolicy, restartPolicies));
  }
  return faults;
}

const megabyte = 1024 * 1024;

function sizeFaults(object: ApiObject): Fault[] {
  let size = 0;
  for (const text of Object.values((object['data'] ?? {}) as Record<string, string>)) {
    size += Buffer.byteLength(text);
  }
  for (const text of Object.values((object['binaryData'] ?? {}) as Record<string, string>)) {
    size += Buffer.byteLength(text, 'base64');
  }
  if (size <= megabyte) return [];
  return [
    { reason: 'FieldValueTooLong', field: '[]', message: `Too long: may not be more than ${megabyte} bytes` },
  ];
}

function immutableFaults(type: ResourceType, before: ApiObject, after: ApiObject): Fault[] {
  const faults: Fault[] = [];
  const isLocked = before['immutable'] === true && (type.key === 'configmaps' || type.key === 'secrets');
  const frozenText = 'field is immutable when `immutable` is set';
  if (isLocked) {
    if (after['immutable'] !== true) faults.push(forbiddenField('immutable', frozenText));
    for (const field of ['data', 'binaryData']) {
      if (!isDeepStrictEqual(before[field], after[field])) faults.push(forbiddenField(field, frozenText));
    }
  }
  if (type.group === 'apps' || type.key === 'jobs.batch') {
    const [old, now] = [before, after].map((object) => (object['spec'] as WorkloadSpec).selector);
    if (!isDeepStrictEqual(old, now)) faults.push(immutable('spec.selector', now));
  }
  if (type.kind.endsWith('Binding') && !isDeepStrictEqual(before['roleRef'], after['roleRef'])) {
    faults.push({
      reason: 'FieldValueInvalid',
      field: 'roleRef',
      message: `Invalid value: ${JSON.stringify(after['roleRef'])}: cannot change roleRef`,
    });
  }
  return faults;
}

const immutable = (field: string, value: unknown): Fault => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: field is immutable`,
});

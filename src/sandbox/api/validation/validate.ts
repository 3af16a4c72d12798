// The rules that an object must keep, with the API's causes: names, labels, required fields, and what
// may not change afterwards.
import { isDeepStrictEqual } from 'node:util';
import type { PodSpec } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { invalid, type StatusCause } from '../status.ts';
import { type LabelSelector, matchesLabels } from '../store/selectors.ts';
import { type Fault, forbiddenField, invalidValue, required, unsupported } from './faults.ts';
import { labelFaults, metadataFaults } from './metadata.ts';
import { podChangeFaults, podFaults } from './pod.ts';

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
  selector?: LabelSelector;
  updateStrategy?: { type?: string };
  template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec };
}

function kindFaults(type: ResourceType, object: ApiObject): Fault[] {
  if (type.key === 'pods') return podFaults((object['spec'] ?? {}) as PodSpec, 'spec');
  if (type.group === 'apps') return workloadFaults(type, object['spec'] as WorkloadSpec | undefined);
  if (type.key === 'jobs.batch') return jobFaults(object['spec'] as WorkloadSpec | undefined);
  if (type.key === 'configmaps') return sizeFaults(object);
  return [];
}

function workloadFaults({ singular }: ResourceType, spec: WorkloadSpec = {}): Fault[] {
  const { selector, template, updateStrategy } = spec;
  const labels = template?.metadata?.labels ?? {};
  const faults: Fault[] = [];
  if (!selector) faults.push(required('spec.selector', ''));
  else if (isDeepStrictEqual(selector, {})) {
    faults.push(invalidValue('spec.selector', {}, `empty selector is invalid for ${singular}`));
  }
  if (!selector || !matchesLabels(selector, labels)) {
    const why = '`selector` does not match template `labels`';
    faults.push(invalidValue('spec.template.metadata.labels', labels, why));
  }
  const strategies = ['RollingUpdate', 'OnDelete'];
  if (updateStrategy?.type && !strategies.includes(updateStrategy.type)) {
    const value = { Type: updateStrategy.type, RollingUpdate: null };
    faults.push(unsupported('spec.updateStrategy', value, strategies));
  }
  faults.push(...templateFaults(spec));
  const policy = template?.spec?.restartPolicy;
  if (policy && policy !== 'Always') {
    faults.push(unsupported('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  return faults;
}

function jobFaults(spec: WorkloadSpec = {}): Fault[] {
  const policies = ['OnFailure', 'Never'];
  const policy = spec.template?.spec?.restartPolicy ?? 'Always';
  const field = 'spec.template.spec.restartPolicy';
  const faults = templateFaults(spec);
  if (policy === 'Always') faults.push(required(field, 'valid values: "OnFailure", "Never"'));
  else if (!policies.includes(policy)) faults.push(unsupported(field, policy, policies));
  return faults;
}

const templateFaults = ({ template }: WorkloadSpec): Fault[] => [
  ...labelFaults(template?.metadata?.labels ?? {}, 'spec.template.labels'),
  ...podFaults(template?.spec ?? { containers: [] }, 'spec.template.spec'),
];

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
  if (type.key === 'pods') {
    faults.push(...podChangeFaults(before['spec'] as PodSpec, after['spec'] as PodSpec));
  }
  if (type.group === 'apps' || type.key === 'jobs.batch') {
    const [old, now] = [before, after].map(
      (object) => (object['spec'] as WorkloadSpec | undefined)?.selector,
    );
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

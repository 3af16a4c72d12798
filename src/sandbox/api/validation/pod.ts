// A pod's specification, alone or in a workload's template: what must be there and fit together.
import { isDeepStrictEqual } from 'node:util';
import type { Container, PodSpec } from '../defaults/pod.ts';
import {
  duplicate,
  type Fault,
  forbiddenField,
  invalidValue,
  notFoundValue,
  required,
  unsupported,
} from './faults.ts';

export function podFaults(spec: PodSpec, path: string): Fault[] {
  const volumes = new Set<string>();
  const faults: Fault[] = [];
  (spec.volumes ?? []).forEach(({ name }, at) => {
    if (volumes.has(name)) faults.push(duplicate(`${path}.volumes[${at}].name`, name));
    volumes.add(name);
  });
  if ((spec.containers ?? []).length === 0) faults.push(required(`${path}.containers`, ''));
  const names = new Set<string>();
  for (const list of ['containers', 'initContainers'] as const) {
    (spec[list] ?? []).forEach((container, at) => {
      faults.push(...containerFaults(container, `${path}.${list}[${at}]`, names, volumes));
    });
  }
  for (const [field, values] of Object.entries(choices)) {
    const value = spec[field];
    if (value && !values.includes(value as string))
      faults.push(unsupported(`${path}.${field}`, value, values));
  }
  return faults;
}

// In the order in which the API lists them.
const choices: Record<string, string[]> = {
  restartPolicy: ['Always', 'OnFailure', 'Never'],
  dnsPolicy: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
};
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

/** A pod keeps its specification but for images, its deadline and tolerations that are added. */
export function podChangeFaults(before: PodSpec, after: PodSpec): Fault[] {
  const fixed = (spec: PodSpec): unknown => ({
    ...spec,
    activeDeadlineSeconds: null,
    tolerations: null,
    terminationGracePeriodSeconds: null,
    containers: spec.containers.map((container) => ({ ...container, image: null })),
    initContainers: spec.initContainers?.map((container) => ({ ...container, image: null })),
  });
  const keepsTolerations = (before.tolerations ?? []).every((toleration) =>
    (after.tolerations ?? []).some((other) => isDeepStrictEqual(toleration, other)),
  );
  if (keepsTolerations && isDeepStrictEqual(fixed(before), fixed(after))) return [];
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function containerFaults(
  container: Container,
  path: string,
  names: Set<string>,
  volumes: Set<string>,
): Fault[] {
  const faults: Fault[] = [];
  if (!container.name) faults.push(required(`${path}.name`, ''));
  else if (!label.test(container.name)) faults.push(invalidValue(`${path}.name`, container.name, labelText));
  if (names.has(container.name)) faults.push(duplicate(`${path}.name`, container.name));
  names.add(container.name);
  if (!container.image) faults.push(required(`${path}.image`, ''));
  const { imagePullPolicy } = container;
  if (imagePullPolicy && !pullPolicies.includes(imagePullPolicy)) {
    faults.push(unsupported(`${path}.imagePullPolicy`, imagePullPolicy, pullPolicies));
  }
  const mounted = new Set<string>();
  (container.volumeMounts ?? []).forEach(({ name, mountPath }, at) => {
    const field = `${path}.volumeMounts[${at}]`;
    if (!volumes.has(name)) faults.push(notFoundValue(`${field}.name`, name));
    if (mounted.has(mountPath)) faults.push(invalidValue(`${field}.mountPath`, mountPath, 'must be unique'));
    mounted.add(mountPath);
  });
  return faults;
}

// A pod's specification, alone or in a workload's template: what must be there and fit together.
import type { Container, PodSpec } from '../defaults/pod.ts';
import { duplicate, type Fault, invalidValue, notFoundValue, required, unsupported } from './faults.ts';

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
  if (spec.restartPolicy && !restartPolicies.includes(spec.restartPolicy)) {
    faults.push(unsupported(`${path}.restartPolicy`, spec.restartPolicy, restartPolicies));
  }
  return faults;
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
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
  const mounted = new Set<string>();
  (container.volumeMounts ?? []).forEach(({ name, mountPath }, at) => {
    const field = `${path}.volumeMounts[${at}]`;
    if (!volumes.has(name)) faults.push(notFoundValue(`${field}.name`, name));
    if (mounted.has(mountPath)) faults.push(invalidValue(`${field}.mountPath`, mountPath, 'must be unique'));
    mounted.add(mountPath);
  });
  return faults;
}

// A container's environment variables, and $(VAR) in what it runs.
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
import { type PodPlace, readField } from './fields.ts';
import type { Container, EnvEntry, KeyRef, Pod } from './pod.ts';
import type { DataReader } from './volumes.ts';

/** A container that cannot be made as it is written: waits with CreateContainerConfigError. */
export class ConfigFault extends Error {}

export function resolveEnvironment(
  container: Container,
  pod: Pod,
  place: PodPlace,
  read: DataReader,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const [kind, ref] = secretRef ? (['secret', secretRef] as const) : (['configmap', configMapRef] as const);
    if (!ref) continue;
    const data = read(kind, ref.name);
    if (data === null && !ref.optional) throw new ConfigFault(`${kind} "${ref.name}" not found`);
    for (const [key, value] of Object.entries(data ?? {})) variables[prefix + key] = value.toString();
  }
  for (const entry of container.env ?? []) {
    const value = entryValue(entry, pod, place, read);
    if (value !== null) variables[entry.name] = expand(value, variables);
  }
  return variables;
}

/** `$(VAR)` of a variable that is not there stays as it is; `$$(VAR)` is `$(VAR)`. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, what: string, name?: string) => {
    if (what === '$') return '$';
    return variables[name ?? ''] ?? whole;
  });
}

function entryValue(entry: EnvEntry, pod: Pod, place: PodPlace, read: DataReader): string | null {
  const { fieldRef, configMapKeyRef, secretKeyRef } = entry.valueFrom ?? {};
  if (fieldRef) {
    const value = readField(fieldRef.fieldPath, pod, place);
    if (value === null) throw new ConfigFault(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (configMapKeyRef) return keyOf('configmap', configMapKeyRef, pod, read);
  if (secretKeyRef) return keyOf('secret', secretKeyRef, pod, read);
  return entry.value ?? '';
}

function keyOf(kind: 'configmap' | 'secret', ref: KeyRef, pod: Pod, read: DataReader): string | null {
  const data = read(kind, ref.name);
  const value = data?.[ref.key];
  if (value !== undefined) return value.toString();
  if (ref.optional) return null;
  if (data === null) throw new ConfigFault(`${kind} "${ref.name}" not found`);
  const words = kind === 'secret' ? 'Secret' : 'ConfigMap';
  throw new ConfigFault(`couldn't find key ${ref.key} in ${words} ${pod.metadata.namespace}/${ref.name}`);
}

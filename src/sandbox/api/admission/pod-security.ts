// Pod Security admission: what a namespace's enforce label forbids, with the wording of the real one.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
import type { Core } from '../core.ts';
import type { PodSpec } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import { typeOf } from '../resources.ts';
import { forbidden } from '../status.ts';
import { baselineViolations } from './pod-security-baseline.ts';
import { restrictedViolations } from './pod-security-restricted.ts';

const enforce = 'pod-security.kubernetes.io/enforce';

/** Throws the API's 403 with every rule that the pod breaks. */
export function checkPodSecurity({ store }: Core, pod: ApiObject): void {
  const labels = store.get('namespaces', '', pod.metadata.namespace!)?.metadata.labels ?? {};
  const level = labels[enforce];
  if (level !== 'baseline' && level !== 'restricted') return;
  const violations = violationsOf(pod['spec'] as PodSpec, level);
  if (violations.length === 0) return;
  const version = labels[`${enforce}-version`] ?? 'latest';
  throw forbidden(
    typeOf('pods'),
    pod.metadata.name,
    `violates PodSecurity "${level}:${version}": ${violations.join(', ')}`,
  );
}

export function violationsOf(spec: PodSpec, level: 'baseline' | 'restricted'): string[] {
  if (level === 'baseline') return baselineViolations(spec).map(({ text }) => text);
  // The restricted profile's own rules say the same and more where the baseline has one of that name.
  const restricted = restrictedViolations(spec);
  const baseline = baselineViolations(spec).filter(({ isStricterInRestricted }) => !isStricterInRestricted);
  return [...baseline.map(({ text }) => text), ...restricted];
}

// What admission adds to every pod: how long it stands a failing node, and its priority.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
import type { PodSpec, Toleration } from '../defaults/pod.ts';
import { type ApiObject, copy } from '../object.ts';
import { shownName } from '../operations/names.ts';
import { typeOf } from '../resources.ts';
import { forbidden } from '../status.ts';

const secondsOnFailingNode = 300;

export function admitTolerations(pod: ApiObject): ApiObject {
  const admitted = copy(pod);
  const spec = admitted['spec'] as PodSpec;
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    if ((spec.tolerations ?? []).some((toleration) => standsEviction(toleration, key))) continue;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: secondsOnFailingNode },
    ];
  }
  return admitted;
}

const standsEviction = ({ key, effect }: Toleration, wanted: string): boolean =>
  (!key || key === wanted) && (!effect || effect === 'NoExecute');

// Every cluster has these two classes; others are objects, which the emulated cluster does not serve.
const priorityClasses: Record<string, number> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

export function admitPriority(pod: ApiObject): ApiObject {
  const admitted = copy(pod);
  const spec = admitted['spec'] as PodSpec;
  const name = spec.priorityClassName;
  if (name && priorityClasses[name] === undefined) {
    throw forbidden(typeOf('pods'), shownName(pod), `no PriorityClass with name ${name} was found`);
  }
  spec['priority'] = name ? priorityClasses[name] : 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  return admitted;
}

// Who a pod runs as: the service account must exist, and its token is mounted unless that is declined.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-admission-controller
import type { Core } from '../core.ts';
import type { PodSpec } from '../defaults/pod.ts';
import { type ApiObject, copy } from '../object.ts';
import { shownName, suffix } from '../operations/names.ts';
import { typeOf } from '../resources.ts';
import { forbidden } from '../status.ts';

const tokenDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The pod with its service account and token volume. */
export function admitServiceAccount({ store }: Core, pod: ApiObject): ApiObject {
  const admitted = copy(pod);
  const spec = admitted['spec'] as PodSpec;
  spec.serviceAccountName ||= 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const namespace = pod.metadata.namespace!;
  const account = store.get('serviceaccounts', namespace, spec.serviceAccountName);
  if (!account) {
    throw forbidden(
      typeOf('pods'),
      shownName(pod),
      `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
    );
  }
  if (spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true) mountToken(spec);
  return admitted;
}

function mountToken(spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const without = containers.filter(
    ({ volumeMounts }) => !volumeMounts?.some(({ mountPath }) => mountPath === tokenDirectory),
  );
  if (without.length === 0) return;
  const name = `kube-api-access-${suffix()}`;
  for (const container of without) {
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: tokenDirectory },
    ];
  }
  const namespacePath = {
    path: 'namespace',
    fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
  };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [namespacePath] } },
  ];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { sources, defaultMode: 0o644 } }];
}

// All objects of an installation, in the order in which they must be there.
import { BUNDLE_PREFIX, PROXY_NAME } from '../model/labels.ts';
import type { Bundle } from './bundle.ts';
import { API_TOKEN_SECRET, hasApiToken } from './containers.ts';
import { daemonSet } from './daemonset.ts';
import { liftsTaint, taintGuard } from './taint-guard.ts';
import { type InstallValues, labelsOf, type Manifest } from './values.ts';

/** The same values and bundle always give the same objects. */
export function installObjects(values: InstallValues, bundle: Bundle): Manifest[] {
  return [
    namespace(values),
    serviceAccount(values),
    // Before the right that it narrows.
    ...(liftsTaint(values) ? taintGuard(values) : []),
    ...rbac(values),
    ...(hasApiToken(values) ? [apiToken(values)] : []),
    ...bundleObjects(values, bundle),
    daemonSet(values, bundle),
  ];
}

/** The bundle as an immutable ConfigMap named by its content: a running daemon's code never changes under it. */
export function bundleObjects(values: InstallValues, bundle: Bundle): Manifest[] {
  if (values.delivery !== 'configmap') return [];
  return [
    {
      ...namespaced('v1', 'ConfigMap', BUNDLE_PREFIX + bundle.hash, values),
      immutable: true,
      data: { 'run.cjs': bundle.loader },
      binaryData: { 'proxy.cjs.gz': bundle.gzip.toString('base64') },
    },
  ];
}

export function namespace({ systemNamespace, version }: InstallValues): Manifest {
  // hostNetwork and hostPath need this level.
  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#privileged
  const levels = ['enforce', 'audit', 'warn'].map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    'privileged',
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: systemNamespace,
      labels: { ...labelsOf(PROXY_NAME, version), ...Object.fromEntries(levels) },
    },
  };
}

function serviceAccount(values: InstallValues): Manifest {
  return { ...namespaced('v1', 'ServiceAccount', PROXY_NAME, values), automountServiceAccountToken: false };
}

function rbac(values: InstallValues): Manifest[] {
  const group = 'rbac.authorization.k8s.io';
  const head = (kind: string): Manifest => ({
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name: PROXY_NAME, labels: labelsOf(PROXY_NAME, values.version) },
  });
  return [
    {
      ...head('ClusterRole'),
      rules: [
        {
          apiGroups: [''],
          // The lists of roles stand on namespaces.
          resources: values.daemon['namespace-restrictions'] === true ? ['pods', 'namespaces'] : ['pods'],
          verbs: ['list', 'watch'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['create'] },
        // By this the API server says whose a token is.
        ...(values.daemon['container-credentials'] === true
          ? [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }]
          : []),
        // The guard leaves of this one taint of one node.
        ...(liftsTaint(values) ? [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] }] : []),
      ],
    },
    {
      ...head('ClusterRoleBinding'),
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: PROXY_NAME },
      subjects: [{ kind: 'ServiceAccount', name: PROXY_NAME, namespace: values.systemNamespace }],
    },
  ];
}

function apiToken(values: InstallValues): Manifest {
  const token = Buffer.from(String(values.daemon['api-token'])).toString('base64');
  return { ...namespaced('v1', 'Secret', API_TOKEN_SECRET, values), type: 'Opaque', data: { token } };
}

const namespaced = (apiVersion: string, kind: string, name: string, values: InstallValues): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: values.systemNamespace, labels: labelsOf(PROXY_NAME, values.version) },
});

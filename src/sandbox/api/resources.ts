// Which resources the emulated API server serves, as one table: discovery prints it, routes look paths
// up in it, and error messages take their names from it.

export interface ResourceType {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  namespaced: boolean;
  /** Served besides the object itself, such as `status`. */
  subresources: string[];
  verbs: readonly string[];
  /** `pods`, `daemonsets.apps`: the name in messages and in the store. */
  key: string;
  /** `v1`, `apps/v1`. */
  apiVersion: string;
}

const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
const createOnly = ['create'] as const;

// group/version, kind, plural, scope, short names, subresources, verbs
const table: [string, string, string, 'cluster' | 'namespace', string, string, readonly string[]][] = [
  ['v1', 'Namespace', 'namespaces', 'cluster', 'ns', 'status', all],
  ['v1', 'Node', 'nodes', 'cluster', 'no', 'status', all],
  ['v1', 'Pod', 'pods', 'namespace', 'po', 'status log', all],
  ['v1', 'ConfigMap', 'configmaps', 'namespace', 'cm', '', all],
  ['v1', 'Secret', 'secrets', 'namespace', '', '', all],
  ['v1', 'ServiceAccount', 'serviceaccounts', 'namespace', 'sa', 'token', all],
  ['v1', 'Service', 'services', 'namespace', 'svc', 'status', all],
  ['v1', 'Event', 'events', 'namespace', 'ev', '', all],
  ['v1', 'ResourceQuota', 'resourcequotas', 'namespace', 'quota', 'status', all],
  ['v1', 'LimitRange', 'limitranges', 'namespace', 'limits', '', all],
  ['apps/v1', 'DaemonSet', 'daemonsets', 'namespace', 'ds', 'status', all],
  ['apps/v1', 'Deployment', 'deployments', 'namespace', 'deploy', 'status', all],
  ['apps/v1', 'ReplicaSet', 'replicasets', 'namespace', 'rs', 'status', all],
  ['apps/v1', 'StatefulSet', 'statefulsets', 'namespace', 'sts', 'status', all],
  ['batch/v1', 'Job', 'jobs', 'namespace', '', 'status', all],
  ['batch/v1', 'CronJob', 'cronjobs', 'namespace', 'cj', 'status', all],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', 'cluster', '', '', all],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', 'cluster', '', '', all],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles', 'namespace', '', '', all],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', 'namespace', '', '', all],
  [
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    'selfsubjectaccessreviews',
    'cluster',
    '',
    '',
    createOnly,
  ],
  [
    'authorization.k8s.io/v1',
    'SelfSubjectRulesReview',
    'selfsubjectrulesreviews',
    'cluster',
    '',
    '',
    createOnly,
  ],
  ['authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', 'cluster', '', '', createOnly],
  ['authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', 'cluster', '', '', createOnly],
  ['authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', 'cluster', '', '', createOnly],
  ['coordination.k8s.io/v1', 'Lease', 'leases', 'namespace', '', '', all],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', 'namespace', 'netpol', '', all],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'namespace', 'pdb', 'status', all],
];

export const resourceTypes: readonly ResourceType[] = table.map(
  ([apiVersion, kind, plural, scope, shortNames, subresources, verbs]) => {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    return {
      group: group!,
      version: version!,
      kind,
      plural,
      singular: kind.toLowerCase(),
      shortNames: words(shortNames),
      namespaced: scope === 'namespace',
      subresources: words(subresources),
      verbs,
      key: group ? `${plural}.${group}` : plural,
      apiVersion,
    };
  },
);

const byPath = new Map(resourceTypes.map((type) => [`${type.apiVersion}/${type.plural}`, type]));
const byKind = new Map(resourceTypes.map((type) => [`${type.apiVersion}/${type.kind}`, type]));
const byKey = new Map(resourceTypes.map((type) => [type.key, type]));

/** By the path's parts: `apps/v1`, `daemonsets`. */
export const typeAt = (apiVersion: string, plural: string): ResourceType | undefined =>
  byPath.get(`${apiVersion}/${plural}`);

export const typeOfKind = (apiVersion: string, kind: string): ResourceType | undefined =>
  byKind.get(`${apiVersion}/${kind}`);

/** Of a key such as `daemonsets.apps`; throws on one that is not served. */
export function typeOf(key: string): ResourceType {
  const type = byKey.get(key);
  if (!type) throw new Error(`no resource ${key} in the emulated API`);
  return type;
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

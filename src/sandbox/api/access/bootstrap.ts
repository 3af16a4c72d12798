// The roles that every cluster is born with, as far as clients here lean on them.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
import type { ApiObject } from '../object.ts';
import type { PolicyRule } from './rbac.ts';

const readers = ['get', 'list', 'watch'];
const workloads: PolicyRule[] = [
  {
    verbs: readers,
    apiGroups: [''],
    resources: ['pods', 'pods/log', 'pods/status', 'configmaps', 'services'],
  },
  {
    verbs: readers,
    apiGroups: [''],
    resources: ['serviceaccounts', 'events', 'namespaces', 'resourcequotas', 'limitranges'],
  },
  { verbs: readers, apiGroups: ['apps', 'batch', 'networking.k8s.io', 'policy'], resources: ['*'] },
];
const writers = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const edits: PolicyRule[] = [
  {
    verbs: [...readers, ...writers],
    apiGroups: [''],
    resources: ['pods', 'configmaps', 'secrets', 'services', 'serviceaccounts'],
  },
  { verbs: writers, apiGroups: ['apps', 'batch', 'networking.k8s.io', 'policy'], resources: ['*'] },
];

const clusterRoles: Record<string, PolicyRule[]> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  admin: [
    ...workloads,
    ...edits,
    { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
  ],
  edit: [...workloads, ...edits],
  view: workloads,
  'system:basic-user': [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ],
  'system:discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
    },
  ],
  'system:public-info-viewer': [
    { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
  ],
};

const bindings: Record<string, string[]> = {
  'cluster-admin': ['system:masters'],
  'system:basic-user': ['system:authenticated'],
  'system:discovery': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
};

export function bootstrapRoles(): ApiObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const roles = Object.entries(clusterRoles).map(([name, rules]) => ({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules,
  }));
  const bound = Object.entries(bindings).map(([name, groups]) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
  }));
  return [...roles, ...bound];
}

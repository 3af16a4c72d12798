// Asks before anything is changed whether the caller may do all that an installation needs.
import type { Access, Kube } from '../cluster/kube.ts';
import { liftsTaint } from '../manifests/taint-guard.ts';
import type { InstallValues } from '../manifests/values.ts';
import { environmentProblem } from '../model/problem.ts';

const GUARD_GROUP = 'admissionregistration.k8s.io';
const GUARD_RESOURCES = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'];
const rbacGroup = 'rbac.authorization.k8s.io';

/** @throws Problem FORBIDDEN that names every permission that is missing */
export async function requirePermissions(kube: Kube, needed: readonly Access[]): Promise<void> {
  const answers = await Promise.all(
    needed.map(async (access) => ({ access, allowed: await kube.can(access) })),
  );
  const missing = answers.filter(({ allowed }) => !allowed).map(({ access }) => inWords(access));
  if (missing.length === 0) return;
  throw environmentProblem({
    code: 'FORBIDDEN',
    what: `context ${kube.context.name} may not do all that this needs`,
    why: `it lacks the permission to ${missing.join(', ')}`,
    next: 'use a context of a cluster administrator, or hand one the output of: pod-iam manifests',
  });
}

/** What an installation does at the API server; narrower than a cluster administrator where it can be. */
export function installNeeds(values: InstallValues): Access[] {
  const namespace = values.systemNamespace;
  return [
    ...(liftsTaint(values)
      ? GUARD_RESOURCES.flatMap((resource) => both({ group: GUARD_GROUP, resource }))
      : []),
    ...both({ group: '', resource: 'namespaces' }),
    ...both({ group: '', resource: 'serviceaccounts', namespace }),
    ...both({ group: '', resource: 'configmaps', namespace }),
    ...both({ group: rbacGroup, resource: 'clusterroles' }),
    ...both({ group: rbacGroup, resource: 'clusterrolebindings' }),
    ...both({ group: 'apps', resource: 'daemonsets', namespace }),
    { verb: 'list', group: 'apps', resource: 'daemonsets' },
    { verb: 'list', group: '', resource: 'nodes' },
    { verb: 'list', group: '', resource: 'pods', namespace },
  ];
}

/** @param hasGuard whether the policies that guard the start-up taint are there */
export function uninstallNeeds(namespace: string, hasGuard: boolean): Access[] {
  const remove = (group: string, resource: string, where?: string): Access => ({
    verb: 'delete',
    group,
    resource,
    namespace: where,
  });
  return [
    ...(hasGuard ? GUARD_RESOURCES.map((resource) => remove(GUARD_GROUP, resource)) : []),
    ...both({ group: 'apps', resource: 'daemonsets', namespace }),
    remove('apps', 'daemonsets', namespace),
    remove('', 'configmaps', namespace),
    remove('', 'serviceaccounts', namespace),
    remove('', 'namespaces'),
    remove(rbacGroup, 'clusterroles'),
    remove(rbacGroup, 'clusterrolebindings'),
    { verb: 'list', group: '', resource: 'nodes' },
    { verb: 'list', group: '', resource: 'pods', namespace },
    { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace },
  ];
}

/** Server-side apply is a patch, and a creation where there was nothing. */
const both = (access: Omit<Access, 'verb'>): Access[] => [
  { ...access, verb: 'patch' },
  { ...access, verb: 'create' },
];

const inWords = ({ verb, group, resource, subresource, namespace }: Access): string =>
  `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}${namespace ? ` in ${namespace}` : ''}`;

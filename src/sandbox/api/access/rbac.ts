// May this caller do that: roles and bindings evaluated as the RBAC authorizer does, purely additive.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
import type { ApiObject } from '../object.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './callers.ts';

export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** Empty at the cluster scope. */
  namespace: string;
  /** Empty when the request names no object. */
  name: string;
  /** Set for requests that are not about a resource, such as /version; the rest is then empty. */
  path?: string;
}

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

export function isAllowed(store: Store, caller: Caller, attributes: Attributes): boolean {
  if (caller.groups.includes('system:masters')) return true;
  return rulesFor(store, caller, attributes.namespace).some((rule) => covers(rule, attributes));
}

/** The rules that hold for a caller: of cluster role bindings, and of role bindings in the namespace. */
export function rulesFor(store: Store, caller: Caller, namespace: string): PolicyRule[] {
  const bindings = [
    ...store.list('clusterrolebindings.rbac.authorization.k8s.io'),
    ...(namespace ? store.list('rolebindings.rbac.authorization.k8s.io', namespace) : []),
  ];
  return bindings
    .filter((binding) => isSubject(binding, caller))
    .flatMap((binding) => rulesOf(store, binding));
}

function isSubject(binding: ApiObject, caller: Caller): boolean {
  const subjects = (binding['subjects'] ?? []) as Subject[];
  return subjects.some(({ kind, name, namespace = binding.metadata.namespace }) => {
    if (kind === 'User') return name === caller.name;
    if (kind === 'Group') return caller.groups.includes(name);
    return kind === 'ServiceAccount' && caller.name === `system:serviceaccount:${namespace}:${name}`;
  });
}

function rulesOf(store: Store, binding: ApiObject): PolicyRule[] {
  const { kind, name } = binding['roleRef'] as { kind: string; name: string };
  const role =
    kind === 'ClusterRole'
      ? store.get('clusterroles.rbac.authorization.k8s.io', '', name)
      : store.get('roles.rbac.authorization.k8s.io', binding.metadata.namespace ?? '', name);
  return (role?.['rules'] ?? []) as PolicyRule[];
}

function covers(rule: PolicyRule, asked: Attributes): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  if (asked.path !== undefined) {
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? asked.path!.startsWith(url.slice(0, -1)) : url === asked.path,
    );
  }
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  const coversResource = (rule.resources ?? []).some(
    (each) =>
      each === '*' || each === resource || (asked.subresource !== '' && each === `*/${asked.subresource}`),
  );
  const names = rule.resourceNames ?? [];
  return (
    has(rule.apiGroups, asked.group) && coversResource && (names.length === 0 || names.includes(asked.name))
  );
}

const has = (list: string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

/** Why not, as the API words it after `pods is forbidden: `. */
export function refusal(caller: Caller, asked: Attributes): string {
  if (asked.path !== undefined) {
    return `User "${caller.name}" cannot ${asked.verb} path "${asked.path}"`;
  }
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  const where = asked.namespace ? `in the namespace "${asked.namespace}"` : 'at the cluster scope';
  return `User "${caller.name}" cannot ${asked.verb} resource "${resource}" in API group "${asked.group}" ${where}`;
}

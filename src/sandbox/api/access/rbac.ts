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

export interface Verdict {
  isAllowed: boolean;
  /** Which binding allows it, as the API says; empty for system:masters and for a refusal. */
  reason: string;
}

export function judge(store: Store, caller: Caller, attributes: Attributes): Verdict {
  if (caller.groups.includes('system:masters')) return { isAllowed: true, reason: '' };
  for (const { binding, subject } of bindingsOf(store, caller, attributes.namespace)) {
    if (!rulesOf(store, binding).some((rule) => covers(rule, attributes))) continue;
    const { kind, name } = binding['roleRef'] as Role;
    const { namespace } = binding.metadata;
    const bound = namespace ? `${binding.metadata.name}/${namespace}` : binding.metadata.name;
    const who =
      subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
    const reason = `RBAC: allowed by ${binding.kind} "${bound}" of ${kind} "${name}" to ${subject.kind} "${who}"`;
    return { isAllowed: true, reason };
  }
  return { isAllowed: false, reason: '' };
}

/** The rules that hold for a caller: of cluster role bindings, and of role bindings in the namespace. */
export const rulesFor = (store: Store, caller: Caller, namespace: string): PolicyRule[] =>
  bindingsOf(store, caller, namespace).flatMap(({ binding }) => rulesOf(store, binding));

function bindingsOf(
  store: Store,
  caller: Caller,
  namespace: string,
): { binding: ApiObject; subject: Subject }[] {
  const bindings = [
    ...store.list('clusterrolebindings.rbac.authorization.k8s.io'),
    ...(namespace ? store.list('rolebindings.rbac.authorization.k8s.io', namespace) : []),
  ];
  return bindings.flatMap((binding) => {
    const subjects = (binding['subjects'] ?? []) as Subject[];
    const subject = subjects.find((each) => isCaller(each, caller, binding.metadata.namespace));
    return subject ? [{ binding, subject }] : [];
  });
}

function isCaller({ kind, name, namespace }: Subject, caller: Caller, bindingNamespace?: string): boolean {
  if (kind === 'User') return name === caller.name;
  if (kind === 'Group') return caller.groups.includes(name);
  const home = namespace ?? bindingNamespace;
  return kind === 'ServiceAccount' && caller.name === `system:serviceaccount:${home}:${name}`;
}

interface Role {
  kind: string;
  name: string;
}

function rulesOf(store: Store, binding: ApiObject): PolicyRule[] {
  const { kind, name } = binding['roleRef'] as Role;
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

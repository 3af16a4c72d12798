// Turns a refusal by Kubernetes' RBAC into the permission that is missing and the text that grants it.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
import { quote } from '../model/shell.ts';
import type { Grant } from '../model/snapshot.ts';

export interface Denial {
  /** As the API server names the caller; null when it did not. */
  user: string | null;
  verb: string;
  /** With the subresource, such as `pods/log`. */
  resource: string;
  group: string;
  /** Null for the whole cluster. */
  namespace: string | null;
}

/** Reads `User "x" cannot list resource "pods" in API group "" in the namespace "y"`; null for other refusals. */
export function parseDenial(message: string): Denial | null {
  const match =
    /User "([^"]*)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)"| at the cluster scope)?/.exec(
      message,
    );
  if (!match) return null;
  const [, user = '', verb = '', resource = '', group = '', namespace] = match;
  return { user, verb, resource, group, namespace: namespace ?? null };
}

/** What would allow a refused call: in words, and as a Role with its binding. */
export function grantFor(denial: Denial): Grant {
  const scope = denial.namespace === null ? 'in the whole cluster' : `in the namespace ${denial.namespace}`;
  return { needs: `${denial.verb} ${denial.resource} ${scope}`, snippet: roleAndBinding(denial) };
}

/** The same grant as one line for a shell. */
export function grantCommand({ user, verb, resource, group, namespace }: Denial): string {
  const name = grantName({ verb, resource });
  const [plain, subresource] = resource.split('/');
  const full = `${plain}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
  const kind = namespace === null ? 'clusterrole' : 'role';
  const scope = namespace === null ? '' : ` -n ${namespace}`;
  const account = serviceAccount(user);
  const subject = account ? `--serviceaccount=${account.join(':')}` : `--user=${quote(user ?? 'YOU')}`;
  return (
    `kubectl create ${kind} ${name}${scope} --verb=${verb} --resource=${full} && ` +
    `kubectl create ${kind}binding ${name}${scope} --${kind}=${name} ${subject}`
  );
}

function roleAndBinding(denial: Denial): string {
  const { user, verb, resource, group, namespace } = denial;
  const name = grantName(denial);
  const prefix = namespace === null ? 'Cluster' : '';
  const metadata = `metadata: {name: ${name}${namespace === null ? '' : `, namespace: ${namespace}`}}`;
  const account = serviceAccount(user);
  const subject = account
    ? `{kind: ServiceAccount, namespace: ${account[0]}, name: ${account[1]}}`
    : `{kind: User, apiGroup: rbac.authorization.k8s.io, name: ${JSON.stringify(user ?? 'YOU')}}`;
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${prefix}Role`,
    metadata,
    'rules:',
    `- {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${prefix}RoleBinding`,
    metadata,
    `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${prefix}Role, name: ${name}}`,
    `subjects: [${subject}]`,
    '',
  ].join('\n');
}

const grantName = ({ verb, resource }: Pick<Denial, 'verb' | 'resource'>): string =>
  `pod-iam-${verb}-${resource.replace('/', '-')}`;

function serviceAccount(user: string | null): [namespace: string, name: string] | null {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? '');
  return match ? [match[1]!, match[2]!] : null;
}

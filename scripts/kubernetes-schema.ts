// Condenses a Kubernetes API server's OpenAPI document to what the emulated one needs to know of the
// types that it serves: fields, how lists and maps merge, allowed values. Run by hand for a new version:
// `kubectl get --raw /openapi/v2 | node scripts/kubernetes-schema.ts > src/sandbox/api/schema/kubernetes.json`
import { readFileSync } from 'node:fs';

interface Definition {
  type?: string;
  format?: string;
  $ref?: string;
  items?: Definition;
  properties?: Record<string, Definition>;
  additionalProperties?: Definition;
  required?: string[];
  enum?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

const kinds = [
  'v1/Namespace v1/Node v1/Pod v1/ConfigMap v1/Secret v1/ServiceAccount v1/Service v1/Event v1/ResourceQuota v1/LimitRange',
  'apps/v1/DaemonSet apps/v1/Deployment apps/v1/ReplicaSet apps/v1/StatefulSet batch/v1/Job batch/v1/CronJob',
  'rbac.authorization.k8s.io/v1/ClusterRole rbac.authorization.k8s.io/v1/ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/Role rbac.authorization.k8s.io/v1/RoleBinding',
  'authorization.k8s.io/v1/SelfSubjectAccessReview authorization.k8s.io/v1/SelfSubjectRulesReview',
  'authorization.k8s.io/v1/SubjectAccessReview authentication.k8s.io/v1/SelfSubjectReview',
  'authentication.k8s.io/v1/TokenRequest authentication.k8s.io/v1/TokenReview coordination.k8s.io/v1/Lease',
  'networking.k8s.io/v1/NetworkPolicy policy/v1/PodDisruptionBudget',
]
  .join(' ')
  .split(' ');

const { definitions } = JSON.parse(readFileSync(0, 'utf8')) as { definitions: Record<string, Definition> };
const prefix = '#/definitions/';
const scalars: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'time',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
};
const types: Record<string, object> = {};
const longNames: Record<string, string> = {};

const roots = Object.fromEntries(kinds.map((kind) => [kind, addType(longNameOf(kind))]));
process.stdout.write(`${JSON.stringify({ kinds: roots, types })}\n`);

function longNameOf(kind: string): string {
  for (const [name, definition] of Object.entries(definitions)) {
    for (const known of definition['x-kubernetes-group-version-kind'] ?? []) {
      const path = [known.group, known.version, known.kind].filter(Boolean).join('/');
      if (path === kind) return name;
    }
  }
  throw new Error(`the document has no ${kind}`);
}

function addType(longName: string): string {
  const name = longName.slice(longName.lastIndexOf('.') + 1);
  if (longNames[name] !== undefined && longNames[name] !== longName) {
    throw new Error(`two types named ${name}: ${longNames[name]} and ${longName}`);
  }
  if (longNames[name] === longName) return name;
  longNames[name] = longName;
  const definition = definitions[longName]!;
  const fields: Record<string, unknown> = {};
  types[name] = {
    ...(definition['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
    ...(definition.required ? { required: definition.required } : {}),
    fields,
  };
  for (const [field, value] of Object.entries(definition.properties ?? {})) fields[field] = shape(value);
  return name;
}

function shape(definition: Definition): unknown {
  if (definition.$ref) {
    const target = definition.$ref.slice(prefix.length);
    return scalars[target] ?? addType(target);
  }
  if (definition.type === 'array') {
    const keys = definition['x-kubernetes-list-map-keys'];
    const mergeKey = definition['x-kubernetes-patch-merge-key'];
    const merges = definition['x-kubernetes-patch-strategy']?.includes('merge');
    return {
      list: definition['x-kubernetes-list-type'] ?? 'atomic',
      of: shape(definition.items!),
      ...(keys ? { keys } : {}),
      ...(merges ? { merge: mergeKey ?? '' } : {}),
    };
  }
  if (definition.additionalProperties) {
    return {
      map: shape(definition.additionalProperties),
      ...(definition['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
    };
  }
  if (definition.enum) return { enum: definition.enum };
  if (definition.format === 'byte') return 'bytes';
  return definition.type === 'object' || definition.type === undefined ? 'any' : definition.type;
}

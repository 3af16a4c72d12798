// Questions that are answered and not stored: may I, what may I, who am I.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
import type { Core } from '../core.ts';
import { type ApiObject, isRecord } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { badRequest } from '../status.ts';
import type { Caller } from './callers.ts';
import { type Attributes, isAllowed, rulesFor } from './rbac.ts';

export const isReview = (type: ResourceType): boolean =>
  type.group === 'authorization.k8s.io' || type.group === 'authentication.k8s.io';

export function answerReview(core: Core, caller: Caller, type: ResourceType, body: unknown): ApiObject {
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
  const review = { kind: type.kind, apiVersion: type.apiVersion, metadata: { name: '' }, spec };
  return { ...review, ...answers[type.kind]!(core, caller, spec) };
}

type Spec = Record<string, unknown>;

const answers: Record<string, (core: Core, caller: Caller, spec: Spec) => Spec> = {
  SelfSubjectAccessReview: (core, caller, spec) => ({ status: decide(core, caller, spec) }),
  SubjectAccessReview: (core, _caller, spec) => ({
    status: decide(
      core,
      { name: String(spec['user'] ?? ''), groups: (spec['groups'] ?? []) as string[] },
      spec,
    ),
  }),
  SelfSubjectRulesReview: (core, caller, spec) => ({
    status: rules(core, caller, String(spec['namespace'] ?? '')),
  }),
  SelfSubjectReview: (_core, caller) => ({
    status: {
      userInfo: { username: caller.name, groups: caller.groups, ...(caller.uid ? { uid: caller.uid } : {}) },
    },
  }),
  TokenReview: (core, _caller, spec) => {
    const found = core.callers.of(String(spec['token'] ?? ''));
    return {
      status: found
        ? { authenticated: true, user: { username: found.name, groups: found.groups } }
        : { user: {}, error: 'invalid bearer token' },
    };
  },
};

function decide(core: Core, caller: Caller, spec: Spec): Spec {
  const attributes = attributesIn(spec);
  const allowed = isAllowed(core.store, caller, attributes);
  return allowed ? { allowed, reason: '' } : { allowed };
}

function attributesIn(spec: Spec): Attributes {
  const text = (holder: Spec, field: string): string => String(holder[field] ?? '');
  if (isRecord(spec['nonResourceAttributes'])) {
    const asked = spec['nonResourceAttributes'];
    const empty = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    return { ...empty, verb: text(asked, 'verb'), path: text(asked, 'path') };
  }
  if (!isRecord(spec['resourceAttributes'])) {
    throw badRequest(
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  }
  const asked = spec['resourceAttributes'];
  return {
    verb: text(asked, 'verb'),
    group: text(asked, 'group'),
    resource: text(asked, 'resource'),
    subresource: text(asked, 'subresource'),
    namespace: text(asked, 'namespace'),
    name: text(asked, 'name'),
  };
}

function rules(core: Core, caller: Caller, namespace: string): Spec {
  const isMaster = caller.groups.includes('system:masters');
  const found = isMaster
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : rulesFor(core.store, caller, namespace);
  return {
    resourceRules: found.filter((rule) => 'resources' in rule),
    nonResourceRules: found.filter((rule) => 'nonResourceURLs' in rule),
    incomplete: false,
  };
}

// Questions that are answered and not stored: may I, what may I, who am I.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
import type { Core } from '../core.ts';
import { isRecord } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { ApiError, badRequest } from '../status.ts';
import { API_AUDIENCE, type Caller } from './callers.ts';
import { type Attributes, judge, rulesFor } from './rbac.ts';

export const isReview = (type: ResourceType): boolean =>
  type.group === 'authorization.k8s.io' || type.group === 'authentication.k8s.io';

export function answerReview(core: Core, caller: Caller, type: ResourceType, body: unknown): object {
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
  const answer = answers[type.kind]!(core, caller, spec);
  return { kind: type.kind, apiVersion: type.apiVersion, metadata: {}, spec, ...answer };
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
    spec: {},
    status: rules(core, caller, String(spec['namespace'] ?? '')),
  }),
  SelfSubjectReview: (_core, caller) => ({
    status: {
      userInfo: { username: caller.name, groups: caller.groups, ...(caller.uid ? { uid: caller.uid } : {}) },
    },
  }),
  TokenReview: (core, _caller, spec) => ({ status: reviewToken(core, spec) }),
};

function reviewToken(core: Core, spec: Spec): Spec {
  const token = String(spec['token'] ?? '');
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = (spec['audiences'] as string[] | undefined) ?? [];
  const wanted = asked.length > 0 ? asked : [API_AUDIENCE];
  const grant = core.callers.of(token);
  if (!grant) return { user: {}, error: 'invalid bearer token' };
  const audiences = grant.audiences.filter((audience) => wanted.includes(audience));
  if (audiences.length === 0) {
    const error = `[invalid bearer token, token audiences ${quoted(grant.audiences)} is invalid for the target audiences ${quoted(wanted)}]`;
    return { user: {}, error };
  }
  const { name, uid, groups, extra } = grant.caller;
  return {
    authenticated: true,
    user: { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) },
    audiences,
  };
}

/** As Go prints a list of texts. */
const quoted = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;

function decide(core: Core, caller: Caller, spec: Spec): Spec {
  const attributes = attributesIn(spec);
  const { isAllowed, reason } = judge(core.store, caller, attributes);
  return reason ? { allowed: isAllowed, reason } : { allowed: isAllowed };
}

function attributesIn(spec: Spec): Attributes {
  const text = (holder: Spec, field: string): string => String(holder[field] ?? '');
  if (isRecord(spec['nonResourceAttributes'])) {
    const asked = spec['nonResourceAttributes'];
    const empty = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    return { ...empty, verb: text(asked, 'verb'), path: text(asked, 'path') };
  }
  if (!isRecord(spec['resourceAttributes'])) {
    const field = 'spec.resourceAttributes';
    const message =
      'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw new ApiError(422, 'Invalid', `.authorization.k8s.io "" is invalid: ${field}: ${message}`, {
      group: 'authorization.k8s.io',
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    });
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

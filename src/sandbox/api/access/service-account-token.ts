// Tokens of service accounts, with the claims of real ones: by the token subresource, and as the kubelet
// puts them into pods.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
import { randomBytes, randomUUID } from 'node:crypto';
import type { Core } from '../core.ts';
import { apiTime, isRecord } from '../object.ts';
import type { Target } from '../operations/change.ts';
import { readObject } from '../operations/read.ts';
import { typeOf } from '../resources.ts';
import { badRequest, conflict, invalid, notFound } from '../status.ts';
import { API_AUDIENCE, type Caller, serviceAccountCaller } from './callers.ts';

export interface AccountToken {
  audiences: readonly string[];
  expiresInSeconds: number;
  /** The pod that it is bound to. */
  pod: { metadata: { name: string; uid?: string }; spec?: unknown } | null;
}

const defaultSeconds = 3600;
const leastSeconds = 600;

/** The text of a new token, which authenticates from now on. */
export function accountToken(
  core: Core,
  namespace: string,
  account: string,
  options: Partial<AccountToken> = {},
): string {
  const { audiences = [API_AUDIENCE], expiresInSeconds = defaultSeconds, pod = null } = options;
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + expiresInSeconds;
  const jti = randomUUID();
  const uid = core.store.get('serviceaccounts', namespace, account)?.metadata.uid;
  const nodeName = (pod?.spec as { nodeName?: string } | undefined)?.nodeName;
  const node = nodeName ? refOf(nodeName, core.store.get('nodes', '', nodeName)?.metadata.uid) : null;
  const bound = pod && refOf(pod.metadata.name, pod.metadata.uid);
  const caller: Caller = {
    ...serviceAccountCaller(namespace, account),
    ...(uid && { uid }),
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
      ...extraOf('node', node),
      ...extraOf('pod', bound),
    },
  };
  const text = jwt({
    ...{ aud: audiences, exp: expiresAt, iat: issuedAt, iss: API_AUDIENCE, jti },
    'kubernetes.io': {
      namespace,
      ...(node && { node }),
      ...(bound && { pod: bound }),
      serviceaccount: refOf(account, uid),
    },
    ...{ nbf: issuedAt, sub: caller.name },
  });
  const grant = { audiences, expiresAtMs: expiresAt * 1000, podUid: bound?.uid ?? null };
  return core.callers.issue(caller, grant, text);
}

export function issueServiceAccountToken(core: Core, target: Target, body: unknown): unknown {
  readObject(core, target);
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
  const seconds = Number(spec['expirationSeconds'] ?? defaultSeconds);
  if (seconds < leastSeconds) throw tooShort(seconds);
  const asked = (spec['audiences'] as string[] | undefined) ?? [];
  const audiences = asked.length > 0 ? asked : [API_AUDIENCE];
  const reference = isRecord(spec['boundObjectRef']) ? spec['boundObjectRef'] : null;
  const pod = reference?.['kind'] === 'Pod' ? boundPod(core, target, reference) : null;
  const { namespace, name } = target;
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: apiTime(Date.now()) },
    spec: { boundObjectRef: null, ...spec, audiences, expirationSeconds: seconds },
    status: {
      token: accountToken(core, namespace, name, { audiences, expiresInSeconds: seconds, pod }),
      expirationTimestamp: apiTime(Date.now() + seconds * 1000),
    },
  };
}

function boundPod(core: Core, { namespace, name }: Target, reference: Record<string, unknown>) {
  const wanted = String(reference['name'] ?? '');
  const pods = typeOf('pods');
  const pod = core.store.get('pods', namespace, wanted);
  if (!pod) throw notFound(pods, wanted);
  const { serviceAccountName = 'default' } = (pod['spec'] ?? {}) as { serviceAccountName?: string };
  if (serviceAccountName !== name)
    throw badRequest(
      `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
    );
  const uid = reference['uid'];
  if (uid && uid !== pod.metadata.uid)
    throw conflict(
      { ...pods, key: 'Pod' },
      wanted,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { metadata: pod.metadata, spec: pod['spec'] };
}

const tooShort = (seconds: number): Error =>
  invalid({ ...typeOf('serviceaccounts'), kind: 'TokenRequest', group: 'authentication.k8s.io' }, '', [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      field: 'spec.expirationSeconds',
    },
  ]);

interface Ref {
  name: string;
  uid: string;
}

const refOf = (name: string, uid = ''): Ref => ({ name, uid });

const extraOf = (kind: string, ref: Ref | null): Record<string, string[]> =>
  ref === null
    ? {}
    : {
        [`authentication.kubernetes.io/${kind}-name`]: [ref.name],
        [`authentication.kubernetes.io/${kind}-uid`]: [ref.uid],
      };

/** The signature is random: whether a token is good is looked up, not computed. */
function jwt(claims: object): string {
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'RS256', kid: 'sandbox' };
  return `${segment(header)}.${segment(claims)}.${randomBytes(256).toString('base64url')}`;
}

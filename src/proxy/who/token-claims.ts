// What a service account token says of itself, read without believing any of it: only a token that could
// be meant for this daemon, and that names a pod, is worth a question to the API server.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims

export interface TokenClaims {
  podUid: string;
  /** Named since Kubernetes 1.30. */
  nodeName: string | null;
  expiresAtMs: number;
}

/** Why a token is no identity here, in words that its bearer may read. */
export interface TokenFault {
  kind: 'unreadable' | 'expired' | 'not-accepted' | 'not-served' | 'too-many' | 'unavailable';
  why: string;
}

export type ClaimsOrFault = { claims: TokenClaims; fault: null } | { claims: null; fault: TokenFault };

/** Projected tokens have 1 to 2 KiB. */
const MAX_LENGTH = 8_192;
const MAX_UID_LENGTH = 64;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** @param authorization the header's value: SDKs send the token file as it is, with nothing before it */
export function readTokenClaims(authorization: string | undefined, audience: string): ClaimsOrFault {
  if (!authorization) return fault('unreadable', 'the Authorization header holds no service account token');
  if (/^bearer\b/i.test(authorization))
    return fault('unreadable', 'the Authorization header must hold the token alone, without "Bearer"');
  if (authorization.length > MAX_LENGTH || !FORM.test(authorization))
    return fault('unreadable', 'the Authorization header does not hold a JSON Web Token');
  const [header, claims] = authorization.split('.').slice(0, 2).map(readSegment);
  if (!header || !claims) return fault('unreadable', 'the service account token cannot be read');
  const { exp, aud } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp))
    return fault('unreadable', 'the service account token has no expiry');
  if (exp * 1000 <= Date.now()) return fault('expired', 'the service account token has expired');
  if (!(Array.isArray(aud) ? aud : [aud]).includes(audience))
    return fault('not-accepted', `the service account token is not for the audience ${audience}`);
  const { pod, node } = (claims['kubernetes.io'] ?? {}) as Record<
    string,
    Record<string, unknown> | undefined
  >;
  const podUid = pod?.['uid'];
  if (typeof podUid !== 'string' || podUid === '' || podUid.length > MAX_UID_LENGTH)
    return fault('not-served', 'the service account token is not bound to a pod');
  const nodeName = typeof node?.['name'] === 'string' ? node['name'] : null;
  return { claims: { podUid, nodeName, expiresAtMs: exp * 1000 }, fault: null };
}

function readSegment(segment: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const fault = (kind: TokenFault['kind'], why: string): ClaimsOrFault => ({
  claims: null,
  fault: { kind, why },
});

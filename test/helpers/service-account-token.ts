// Service account tokens as an API server issues them, but for the signature: the claims are real.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
import { randomBytes, randomUUID } from 'node:crypto';

export interface TokenClaims {
  audiences: string[];
  namespace: string;
  serviceAccount: string;
  /** Null for a token that is bound to no pod. */
  pod: { name: string; uid: string } | null;
  node: string | null;
  expiresInSeconds: number;
}

export function serviceAccountToken(claims: TokenClaims): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return jwt({
    aud: claims.audiences,
    exp: nowSeconds + claims.expiresInSeconds,
    iat: nowSeconds,
    nbf: nowSeconds,
    iss: 'https://kubernetes.default.svc.cluster.local',
    jti: randomUUID(),
    'kubernetes.io': {
      namespace: claims.namespace,
      serviceaccount: { name: claims.serviceAccount, uid: 'uid-of-the-account' },
      ...(claims.pod && { pod: claims.pod }),
      ...(claims.node !== null && { node: { name: claims.node, uid: `uid-of-${claims.node}` } }),
    },
    sub: `system:serviceaccount:${claims.namespace}:${claims.serviceAccount}`,
  });
}

export function jwt(payload: unknown, header: unknown = { alg: 'RS256', kid: 'key-1' }): string {
  const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${segment(header)}.${segment(payload)}.${randomBytes(256).toString('base64url')}`;
}

// How tests ask the container credentials endpoint: with tokens of the cluster's own issuer.
import type { TokenClaims } from '../helpers/service-account-token.ts';
import { ACCOUNT, type Reply, type World } from './world.ts';

export const HOST = '169.254.170.23';
export const PATH = '/v1/credentials';
export const ON = ['--container-credentials', '--pod-wait=150ms'];

export const claimsOf = (pod: string, more: Partial<TokenClaims> = {}): TokenClaims => ({
  audiences: ['pod-iam.dev'],
  namespace: 'shop',
  serviceAccount: 'default',
  pod: { name: pod, uid: `uid-${pod}` },
  node: 'node-1',
  expiresInSeconds: 3600,
  ...more,
});

/** An address that no pod has. */
export const NOWHERE = '127.40.9.9';

export function asking(world: () => World) {
  const issue = (pod: string, more: Partial<TokenClaims> = {}) =>
    world().api.tokens.issue(claimsOf(pod, more));
  const ask = (
    token: string | null,
    { from = NOWHERE, path = PATH, method = 'GET', host = HOST, headers = {} } = {},
  ): Promise<Reply> =>
    world().send(from, method, path, { host, ...(token !== null && { authorization: token }), ...headers });
  const roleOf = (reply: Reply): string | undefined => {
    const { AccessKeyId } = JSON.parse(reply.body) as Record<string, string>;
    return world().aws.sessions.findKey(AccessKeyId!)?.caller.arn;
  };
  const session = (role: string, pod: string): string =>
    `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/shop.${pod}`;
  return { issue, ask, roleOf, session };
}

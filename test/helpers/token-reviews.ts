// TokenReview as an API server answers it: the tokens it has issued, for the audiences it was asked for,
// as long as the pod that a token is bound to is there.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceAccountToken, type TokenClaims } from './service-account-token.ts';

interface PodObject {
  metadata: { name: string; uid: string; namespace?: string };
}

export class TokenReviews {
  /** The tokens it was asked about, in order. */
  readonly asked: string[] = [];
  delayMs = 0;
  /** Set to refuse each review with this status. */
  refuse: number | null = null;
  /** As servers before 1.13 did, which looked at no audience and told none. */
  knowsAudiences = true;
  readonly #issued = new Map<string, TokenClaims>();

  /** @param vouched for whom the server takes its bearer */
  issue(claims: TokenClaims, vouched = claims): string {
    const token = serviceAccountToken(claims);
    this.#issued.set(token, vouched);
    return token;
  }

  revoke(token: string): void {
    this.#issued.delete(token);
  }

  async answer(body: unknown, response: ServerResponse, pods: PodObject[]): Promise<void> {
    const { spec } = body as { spec: { token: string; audiences?: string[] } };
    this.asked.push(spec.token);
    await delay(this.delayMs);
    const [code, status] =
      this.refuse === null
        ? [201, { status: this.#review(spec, pods) }]
        : [
            this.refuse,
            { kind: 'Status', status: 'Failure', code: this.refuse, message: 'refused on purpose' },
          ];
    response
      .writeHead(code, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...(body as object), ...status }));
  }

  #review({ token, audiences = [] }: { token: string; audiences?: string[] }, pods: PodObject[]): object {
    const claims = this.#issued.get(token);
    const common = claims?.audiences.filter((audience) => audiences.includes(audience)) ?? [];
    if (!claims || (this.knowsAudiences && common.length === 0))
      return { user: {}, error: '[invalid bearer token, token audiences do not match]' };
    const { pod, namespace, serviceAccount } = claims;
    if (pod && !pods.some(({ metadata }) => metadata.uid === pod.uid))
      return { user: {}, error: '[invalid bearer token, service account token has been invalidated]' };
    return {
      authenticated: true,
      user: {
        username: `system:serviceaccount:${namespace}:${serviceAccount}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': ['JTI=1'],
          ...(pod && {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          }),
        },
      },
      ...(this.knowsAudiences && { audiences: common }),
    };
  }
}

// Asks the API server whose a token is. It checks the signature, the time, the audience, and that the pod
// and the service account which the token is bound to still exist.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
import type { KubeApi } from './api.ts';
import type { TokenFault } from './token-claims.ts';

/** Whom the API server takes the bearer of a token for. */
export interface Bearer {
  namespace: string;
  serviceAccount: string;
  podName: string;
  podUid: string;
}

export type Verdict = { bearer: Bearer; fault: null } | { bearer: null; fault: TokenFault };

interface TokenReview {
  status?: {
    authenticated?: boolean;
    audiences?: string[];
    user?: { username?: string; extra?: Record<string, string[]> };
  };
}

/** @throws CallFailure when there is no answer, or the daemon may not ask */
export async function reviewToken(api: KubeApi, token: string, audience: string): Promise<Verdict> {
  const { status = {} } = (await api.post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [audience] },
  })) as TokenReview;
  if (status.authenticated !== true)
    return refused('not-accepted', 'the API server does not accept the token');
  // An authenticator that knows nothing of audiences leaves them out, and has checked none.
  if (!status.audiences?.includes(audience))
    return refused('not-accepted', `the API server does not say that the token is for ${audience}`);
  const [, namespace, serviceAccount] =
    /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? '') ?? [];
  const podName = only(status.user?.extra?.['authentication.kubernetes.io/pod-name']);
  const podUid = only(status.user?.extra?.['authentication.kubernetes.io/pod-uid']);
  if (!namespace || !serviceAccount || !podName || !podUid)
    return refused('not-served', 'the token is not one of a pod');
  return { bearer: { namespace, serviceAccount, podName, podUid }, fault: null };
}

const only = (values: string[] | undefined): string | undefined =>
  values?.length === 1 ? values[0] : undefined;

export const refused = (kind: TokenFault['kind'], why: string): Verdict => ({
  bearer: null,
  fault: { kind, why },
});

// Who is calling: bearer tokens of the administrator, of service accounts and of test users.
import { randomBytes } from 'node:crypto';
import { unauthorized } from '../status.ts';

export interface Caller {
  name: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** What a token is good for. */
export interface Grant {
  caller: Caller;
  audiences: readonly string[];
  expiresAtMs: number;
  /** UID of the pod that it ends with. */
  podUid: string | null;
}

/** Of this API server, and its issuer. */
export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

/** The cluster's own parts (controllers, kubelets): what a member of system:masters may do. */
export const systemCaller: Caller = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

export const anonymous: Caller = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens */
export const serviceAccountCaller = (namespace: string, name: string): Caller => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

export class Callers {
  readonly #byToken = new Map<string, Grant>();

  /**
   * A token for the caller, for this server and for its life unless the grant says otherwise.
   * @param token its text; random by default
   */
  issue(
    caller: Caller,
    grant: Partial<Omit<Grant, 'caller'>> = {},
    token = randomBytes(24).toString('base64url'),
  ): string {
    const whole = { audiences: [API_AUDIENCE], expiresAtMs: Number.POSITIVE_INFINITY, podUid: null };
    this.#byToken.set(token, { ...whole, ...grant, caller });
    return token;
  }

  /** Withdraws every token of a caller, as the deletion of a service account does. */
  withdraw(name: string): void {
    this.#forget(({ caller }) => caller.name === name);
  }

  /** Withdraws the tokens that are bound to a pod, as its deletion does. */
  withdrawPod(uid: string): void {
    this.#forget(({ podUid }) => podUid === uid);
  }

  #forget(isOver: (grant: Grant) => boolean): void {
    for (const [token, grant] of this.#byToken) if (isOver(grant)) this.#byToken.delete(token);
  }

  /** Null for a token that is not known or has expired. */
  of(token: string): Grant | null {
    const known = this.#byToken.get(token);
    return known && known.expiresAtMs > Date.now() ? known : null;
  }

  /** By the Authorization header; anonymous without one, 401 with one that means nobody. */
  authenticate(header: string | undefined): Caller {
    if (header === undefined) return anonymous;
    const token = /^Bearer (.+)$/i.exec(header)?.[1]?.trim();
    const grant = token === undefined ? null : this.of(token);
    if (!grant?.audiences.includes(API_AUDIENCE)) throw unauthorized();
    return grant.caller;
  }
}

// Who is calling: bearer tokens of the administrator, of service accounts and of test users.
import { randomBytes } from 'node:crypto';
import { unauthorized } from '../status.ts';

export interface Caller {
  name: string;
  groups: string[];
  uid?: string;
}

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
  readonly #byToken = new Map<string, { caller: Caller; expiresAtMs: number }>();

  /** A new token for the caller, valid for the life of the server unless a time is given. */
  issue(caller: Caller, expiresAtMs = Number.POSITIVE_INFINITY): string {
    const token = randomBytes(24).toString('base64url');
    this.#byToken.set(token, { caller, expiresAtMs });
    return token;
  }

  /** Withdraws every token of a caller, as the deletion of a service account does. */
  withdraw(name: string): void {
    for (const [token, { caller }] of this.#byToken) {
      if (caller.name === name) this.#byToken.delete(token);
    }
  }

  /** Null for a token that is not known or has expired. */
  of(token: string): Caller | null {
    const known = this.#byToken.get(token);
    return known && known.expiresAtMs > Date.now() ? known.caller : null;
  }

  /** By the Authorization header; anonymous without one, 401 with one that means nobody. */
  authenticate(header: string | undefined): Caller {
    if (header === undefined) return anonymous;
    const token = /^Bearer (.+)$/i.exec(header)?.[1]?.trim();
    const caller = token === undefined ? null : this.of(token);
    if (!caller) throw unauthorized();
    return caller;
  }
}

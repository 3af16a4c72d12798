// A policy as records: every text with the place where it stands, nothing of it judged.
import type { Position } from './json.ts';

export type PolicyKind = 'trust' | 'identity';

export interface Place extends Position {
  /** RFC 6901 pointer into the document. */
  pointer: string;
}

export interface Located extends Place {
  text: string;
}

/** Why IAM would refuse to save the document, by the catalogue's code. */
export interface PolicyFault extends Place {
  code: string;
  /** What stands there and why it cannot, one clause: `"Resource" is not allowed in a trust policy`. */
  message: string;
  /** What to write instead; null when nothing better than the message can be said. */
  hint: string | null;
}

export interface Policy {
  kind: PolicyKind;
  /** As written; null when absent, which IAM reads as 2008-10-17. */
  version: Located | null;
  statements: Statement[];
}

export interface Statement extends Place {
  index: number;
  sid: Located | null;
  effect: 'Allow' | 'Deny';
  /** Empty in identity policies. */
  principals: Principal[];
  actions: Located[];
  /** True when `actions` came from NotAction. */
  exceptActions: boolean;
  /** Empty in trust policies. */
  resources: Located[];
  /** True when `resources` came from NotResource. */
  exceptResources: boolean;
  conditions: Condition[];
}

export type PrincipalType = 'AWS' | 'Service' | 'Federated';

/** What an entry of Principal names. `invalid` never passes the parser. */
export type PrincipalKind =
  | { kind: 'everyone' }
  | { kind: 'account'; partition: string | null; account: string }
  | { kind: 'role'; arn: string; partition: string; account: string; path: string; name: string }
  | { kind: 'user'; arn: string; partition: string; account: string }
  | {
      kind: 'session';
      arn: string;
      partition: string;
      account: string;
      roleName: string;
      sessionName: string;
    }
  | { kind: 'federated-user'; arn: string; partition: string; account: string }
  /** AROA…, AIDA…: what IAM shows for a principal that was deleted. */
  | { kind: 'unique-id'; id: string }
  | { kind: 'service'; service: string }
  | {
      kind: 'oidc';
      provider: string /** Without scheme; the prefix of its condition keys. */;
      issuer: string;
      account: string | null;
      partition: string | null;
    }
  | { kind: 'saml'; provider: string; account: string; partition: string };

export interface Principal extends Located {
  type: PrincipalType;
  names: PrincipalKind;
}

export interface Condition extends Place {
  /** As written, such as `ForAnyValue:StringLikeIfExists`. */
  operatorText: string;
  operator: Operator;
  key: string;
  values: Located[];
}

export interface Operator {
  /** Without set prefix and IfExists, such as `StringLike`. */
  name: string;
  set: 'ForAnyValue' | 'ForAllValues' | null;
  ifExists: boolean;
}

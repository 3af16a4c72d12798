// The daemon's parts, as the routes see them.
import type { KnownBy } from '../model/role.ts';
import type { RoleSettings } from '../model/snapshot.ts';
import type { Audit } from './audit.ts';
import type { Vault } from './credentials/vault.ts';
import type { Imds } from './imds.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { Refusals } from './refusals.ts';
import type { Assignment } from './role/assign.ts';
import type { DaemonSettings } from './settings.ts';
import type { SessionTokens } from './tokens/session-tokens.ts';
import type { Bearers } from './who/bearers.ts';
import type { NamespaceIndex } from './who/namespace-index.ts';
import type { PodIndex } from './who/pod-index.ts';
import type { PodRecord } from './who/pod-record.ts';

export interface Parts {
  settings: DaemonSettings;
  pods: PodIndex;
  namespaces: NamespaceIndex;
  vault: Vault;
  tokens: SessionTokens;
  imds: Imds;
  self: OwnIdentity;
  refusals: Refusals;
  audit: Audit;
  /** The settings of this moment: parts of them may be discovered after the start. */
  roles(): RoleSettings;
  assign(pod: PodRecord, knownBy?: KnownBy): Assignment;
  /** The container credentials endpoint; null when it is off. */
  container: { audience: string; bearers: Bearers } | null;
  /** Somebody waits for a pod that is not there. */
  doubtWatch(): void;
  /** Makes sure of a caller that is known, where what is known may be late; null where it is not. */
  recheck: ((pod: PodRecord, waitMs: number) => Promise<void>) | null;
}

export interface Ask {
  method: string;
  requestLine: string;
  /** In its one spelling. */
  address: string;
  /** By the steady clock. */
  arrivedAtMs: number;
  header(name: string): string | undefined;
}

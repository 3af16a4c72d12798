// A row of the conformance table: how the three peers behave, what this daemon answers, and why where
// it differs. What it answers is asked of the daemon, or of the function that it decides with.

export interface Case {
  /** What is asked, in a few words. */
  what: string;
  /** Null: it has no such thing, or was not looked at. */
  kube2iam: string | null;
  kiam: string | null;
  metadataproxy: string | null;
  ours: string;
  /** Null where it is what the peers that do it well do. */
  why: string | null;
  run(): string | Promise<string>;
}

export interface Area {
  title: string;
  cases: Case[];
}

export type Peers = Partial<Pick<Case, 'kube2iam' | 'kiam' | 'metadataproxy'>>;

export const row = (
  what: string,
  peers: Peers,
  ours: string,
  run: Case['run'],
  why: string | null = null,
): Case => ({ what, kube2iam: null, kiam: null, metadataproxy: null, ...peers, ours, why, run });

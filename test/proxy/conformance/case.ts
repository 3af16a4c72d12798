// A row of the conformance table: how the peers and AWS's own services behave, what this daemon answers,
// and why where it differs. What it answers is asked of the daemon, or of the function that it decides with.

export interface Case {
  /** What is asked, in a few words. */
  what: string;
  /** Null: it has no such thing, or was not looked at. */
  kube2iam: string | null;
  kiam: string | null;
  metadataproxy: string | null;
  /** EC2's own metadata service. */
  ec2: string | null;
  /** The agent of EKS Pod Identity. */
  eksAgent: string | null;
  ours: string;
  /** Null where it is what the peers that do it well do. */
  why: string | null;
  run(): string | Promise<string>;
}

export interface Area {
  title: string;
  cases: Case[];
}

export const PEERS = {
  kube2iam: 'kube2iam',
  kiam: 'kiam',
  metadataproxy: 'metadataproxy',
  ec2: 'EC2',
  eksAgent: 'EKS agent',
} as const;

export type Peers = Partial<Pick<Case, keyof typeof PEERS>>;

const NONE = { kube2iam: null, kiam: null, metadataproxy: null, ec2: null, eksAgent: null };

export const row = (
  what: string,
  peers: Peers,
  ours: string,
  run: Case['run'],
  why: string | null = null,
): Case => ({ what, ...NONE, ...peers, ours, why, run });

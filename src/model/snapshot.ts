// The facts that every check judges: plain records, each with how it was read or why it could not
// be. A snapshot can be saved, redacted and replayed; nothing in it is secret.
import type { Annotations } from './annotations.ts';
import type { Right } from './daemon-rights.ts';
import type { DockerAccounts } from './docker-role.ts';
import type { ProbeObservation } from './observation.ts';
import type { PermitFormat } from './permits.ts';
import type { RedirectWarning } from './redirect-warning.ts';

/** What a reader lacks, and the ready text that grants it. */
export interface Grant {
  /** Such as `list pods in all namespaces` or `iam:GetRole on arn:…`. */
  needs: string;
  /** A Role/ClusterRole or a policy statement to apply. */
  snippet: string;
}

export type Fact<T> =
  | { state: 'known'; value: T /** Such as `list pods`. */; from: string }
  | { state: 'unknown'; why: string; from: string; grant: Grant | null };

/** @param from how it was read: `list pods` */
export const known = <T>(value: T, from: string): Fact<T> => ({ state: 'known', value, from });
/** For where an unknown fact makes no difference, or is told elsewhere: it must never become a pass. */
export const knownOr = <T, Else>(fact: Fact<T>, otherwise: Else): T | Else =>
  fact.state === 'known' ? fact.value : otherwise;

/** @param grant what would let it be read; null where no permission is missing */
export const unknownFact = (why: string, from: string, grant: Grant | null = null): Fact<never> => ({
  state: 'unknown',
  why,
  from,
  grant,
});

export interface EnvVar {
  name: string;
  /** Null when it comes from elsewhere; values of secrets are never read. */
  value: string | null;
  from: 'literal' | 'secret' | 'configMap' | 'field' | 'resource';
}

export interface ContainerFact {
  name: string;
  kind: 'container' | 'init' | 'ephemeral';
  image: string;
  env: EnvVar[];
  mounts: { name: string; path: string }[];
}

export interface PodTemplateFact {
  annotations: Annotations;
  labels: Annotations;
  serviceAccount: string;
  hostNetwork: boolean;
  nodeSelector: Annotations;
  tolerations: Toleration[];
  containers: ContainerFact[];
  /** Projected service account tokens; absent in snapshots of earlier releases. */
  tokens?: TokenFact[];
}

export interface TokenFact {
  volume: string;
  /** Of the file in the volume. */
  path: string;
  /** Null: the API server's own. */
  audience: string | null;
  expirationSeconds: number;
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface PodFact {
  namespace: string;
  name: string;
  uid: string;
  node: string | null;
  /** All addresses, primary first. */
  ips: string[];
  phase: string;
  ready: boolean;
  terminating: boolean;
  /** Milliseconds since the epoch. */
  createdAtMs: number;
  /** `namespace/Kind/name` of the topmost controller, or of the pod itself. */
  workload: string;
  template: PodTemplateFact;
}

export type WorkloadKind =
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'ReplicaSet'
  | 'Job'
  | 'CronJob'
  | 'Pod';

/** A topmost controller, or a pod that has none. */
export interface WorkloadFact {
  kind: WorkloadKind;
  namespace: string;
  name: string;
  /** `namespace/Kind/name`. */
  id: string;
  /** The controller's own annotations, where the role annotation does nothing (AN001). */
  annotations: Annotations;
  template: PodTemplateFact;
  /** Where the object came from when it was read from a file. */
  source: { file: string; line: number | null /** of the pod template */; templatePointer: string } | null;
}

export interface NodeFact {
  name: string;
  internalIps: string[];
  ready: boolean;
  schedulable: boolean;
  os: string;
  labels: Annotations;
  taints: { key: string; value?: string; effect: string }[];
  /** Why no DaemonSet can serve it: Fargate, Windows, a virtual node; null otherwise. */
  notServable: string | null;
  providerId: string | null;
}

export interface NamespaceFact {
  name: string;
  annotations: Annotations;
  labels: Annotations;
}

export interface ServiceAccountFact {
  namespace: string;
  name: string;
  annotations: Annotations;
}

/** The settings by which the daemon decides; the doctor decides with the same. */
export interface RoleSettings {
  roleKey: string;
  externalIdKey: string;
  /** Ends in a slash; null when none is known. */
  baseRoleArn: string | null;
  /** Name, path/name or ARN; null for none. */
  defaultRole: string | null;
  namespaceRestrictions: boolean;
  namespaceKey: string;
  permitFormat: PermitFormat;
  legacyRegexp: boolean;
  /** On a Docker host: what `role@account` means there. */
  accounts?: DockerAccounts;
}

export interface ProxyInstall {
  namespace: string;
  daemonSet: string;
  version: string | null;
  image: string;
  args: string[];
  settings: RoleSettings;
  stsEndpoint: string | null;
  region: string | null;
  desired: number;
  ready: number;
  updated: number;
  /** One per node that runs the daemon. */
  daemons: DaemonFact[];
  /** Of its service account; absent from snapshots that were saved before it was read. */
  rights?: Fact<RightFact[]>;
}

/** Whether the daemon may do something that its mode needs. */
export interface RightFact extends Right {
  isAllowed: boolean;
}

export interface DaemonFact {
  node: string;
  pod: string;
  ready: boolean;
  restarts: number;
  /** The daemon's own identity, as STS told it: its caller ARN. */
  identityArn: string | null;
  /** The last thing the daemon or kubelet said about why it is not ready. */
  lastMessage: string | null;
  /**
   * What the keeper of its node's redirect has last seen besides its rule. Null where something else keeps the
   * rule; absent from snapshots that were saved before it was read.
   */
  redirect?: Fact<RedirectWarning[]> | null;
}

export interface RoleFact {
  arn: string;
  name: string;
  path: string;
  /** The unique id, AROA…. */
  roleId: string;
  trustPolicy: string;
  maxSessionSeconds: number;
  createdAtMs: number | null;
  /** ARN of the permissions boundary; null for none. */
  boundary: string | null;
}

/** A permissions policy of a role. */
export interface PolicyFact {
  name: string;
  /** ARN of a managed policy; null for an inline one. */
  arn: string | null;
  /** JSON text. */
  document: string;
}

/** What IAM's simulator says of one call by one role. */
export interface SimulatedCall {
  /** Such as `sts:AssumeRole`. */
  action: string;
  resource: string;
  decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** Null where there is none. */
  boundaryAllows: boolean | null;
  /** Null where the account is in no organisation, or IAM does not tell. */
  organisationAllows: boolean | null;
}

/**
 * What the own side of an identity says of a call: its policies, boundary and organisation. `barred`: an
 * explicit Deny, the boundary or the organisation forbids it, whatever else allows it.
 */
export type OwnSide = 'allows' | 'silent' | 'barred';

export interface OidcProviderFact {
  arn: string;
  /** Without scheme, as trust policies name it. */
  issuer: string;
  clientIds: string[];
}

/** An EC2 instance that is a node. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html */
export interface InstanceFact {
  /** Such as `i-0123456789abcdef0`. */
  id: string;
  /** ARN of its instance profile; null for none. */
  profile: string | null;
  metadata: {
    isOn: boolean;
    /** Whether IMDSv1, which asks for no token, is off. */
    needsToken: boolean;
    /** How many hops the answer with the token may go. */
    hopLimit: number;
  };
}

/** What a role that daemons run as may do. */
export interface NodeRoleFact {
  policies: Fact<PolicyFact[]>;
  /** sts:AssumeRole on each annotated role of this run. */
  assume: Fact<SimulatedCall[]>;
}

export interface AwsFacts {
  /** Who the command line itself is at AWS. */
  caller: Fact<{ arn: string; account: string }>;
  /** By role ARN: null is a role that does not exist. */
  roles: Record<string, Fact<RoleFact | null>>;
  /** Names of all roles of the account, for "did you mean"; unknown when it may not be listed. */
  roleNames: Fact<string[]>;
  /** By ARN: the role or user that a trust policy names; null is one that does not exist, else its real ARN. */
  principals: Record<string, Fact<string | null>>;
  /** Unknown when no trust policy names one, or they may not be listed. */
  oidcProviders: Fact<OidcProviderFact[]>;
  /** By ARN of the role. */
  nodeRoles: Record<string, NodeRoleFact>;
  /** The nodes that are EC2 instances; absent from snapshots that were saved before it was read. */
  instances?: Fact<InstanceFact[]>;
}

/** Nothing was asked of AWS. */
export const noAwsFacts = (why: string): AwsFacts => ({
  caller: unknownFact(why, 'sts:GetCallerIdentity'),
  roles: {},
  roleNames: unknownFact(why, 'iam:ListRoles'),
  principals: {},
  oidcProviders: unknownFact(why, 'iam:ListOpenIDConnectProviders'),
  nodeRoles: {},
  instances: unknownFact(why, 'ec2:DescribeInstances'),
});

export interface Snapshot {
  schemaVersion: 1;
  takenAtMs: number;
  context: { cluster: string | null; kubeContext: string | null; region: string | null };
  /** ARNs of the identities that the daemons assume roles with: role, user or session. */
  nodeIdentities: Fact<string[]>;
  settings: RoleSettings;
  nodes: Fact<NodeFact[]>;
  namespaces: Fact<NamespaceFact[]>;
  serviceAccounts: Fact<ServiceAccountFact[]>;
  pods: Fact<PodFact[]>;
  workloads: Fact<WorkloadFact[]>;
  /** Null is: looked everywhere, and it is not installed. */
  proxy: Fact<ProxyInstall | null>;
  aws: AwsFacts;
  /** What the diagnostic pods saw; unknown when none were run. */
  probes: Fact<ProbeObservation[]>;
}

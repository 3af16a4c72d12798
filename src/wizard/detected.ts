// What a look at the cluster and at AWS tells the wizard, each with where it was seen.

export interface Found<T> {
  value: T;
  /** Where it was seen, for people: `--base-role-arn of kube-system/kube2iam`. */
  from: string;
}

export interface AnnotatedRole {
  /** As annotated: name, path/name or ARN. */
  value: string;
  /** External ids of the workloads that name it; null for one that carries none. */
  externalIds: (string | null)[];
  /** `namespace/Kind/name` of each. */
  workloads: string[];
}

export interface Detected {
  /** For people: context, server and version; null when no cluster was looked at. */
  cluster: string | null;
  isEks: boolean;
  /** Ways to get a role that are there already: `kube2iam (kube-system/kube2iam)`, `IRSA`, `Pod Identity`. */
  modes: string[];
  baseRoleArn: Found<string> | null;
  nodeRoles: Found<string[]> | null;
  region: Found<string> | null;
  roles: AnnotatedRole[];
  /** Flags of a kube2iam that runs here and that mean the same for pod-iam. */
  peerFlags: Found<Record<string, string | boolean>> | null;
  /** What could not be read, a sentence each. */
  notes: string[];
}

export const NOTHING: Detected = {
  cluster: null,
  isEks: false,
  modes: [],
  baseRoleArn: null,
  nodeRoles: null,
  region: null,
  roles: [],
  peerFlags: null,
  notes: [],
};

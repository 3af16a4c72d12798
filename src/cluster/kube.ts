// The face of the Kubernetes API that all other folders see. cluster/client.ts implements it with
// @kubernetes/client-node, and is the only door to that package.

export interface ObjectRef {
  apiVersion: string;
  kind: string;
  name: string;
  /** Undefined for objects of the cluster. */
  namespace?: string | undefined;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
    creationTimestamp?: string;
    deletionTimestamp?: string;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface Access {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string | undefined;
}

/**
 * Every call throws a Problem of kind `environment` that names the object, the API's reason and the next
 * step; never an error of the library beneath. Codes: NO_CLUSTER, TLS, TIMEOUT, CREDENTIAL_PLUGIN,
 * UNAUTHORIZED, FORBIDDEN, NOT_FOUND, INVALID, CONFLICT, QUOTA, ADMISSION, UNKNOWN_KIND, KUBE_API.
 * FORBIDDEN by RBAC is a ForbiddenProblem (errors.ts) and carries the grant that is missing.
 */
export interface Kube {
  readonly context: {
    name: string;
    cluster: string;
    server: string;
    namespace: string;
    /** kubectl with the words that lead it to this cluster, to put before what to type next. */
    kubectl: string;
  };
  /** Such as `v1.35.4`. */
  version(): Promise<string>;
  /** All pages. */
  list(apiVersion: string, kind: string, options?: ListOptions): Promise<KubeObject[]>;
  /** Null when there is none. */
  read(ref: ObjectRef): Promise<KubeObject | null>;
  /** Server-side apply with field manager `pod-iam`; takes over fields that others own unless force is false. */
  apply(object: KubeObject, options?: { dryRun?: boolean; force?: boolean }): Promise<KubeObject>;
  create(object: KubeObject, options?: { dryRun?: boolean }): Promise<KubeObject>;
  /** False when there was nothing to delete. */
  remove(
    ref: ObjectRef,
    options?: { graceSeconds?: number; propagation?: 'Foreground' | 'Background' | 'Orphan' },
  ): Promise<boolean>;
  log(
    namespace: string,
    pod: string,
    options?: { container?: string; tailLines?: number; previous?: boolean },
  ): Promise<string>;
  /** SelfSubjectAccessReview; SubjectAccessReview where it is about somebody else. */
  can(access: Access, somebody?: { user: string; groups: readonly string[] }): Promise<boolean>;
}

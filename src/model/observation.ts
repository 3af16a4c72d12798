// What one diagnostic pod saw. Written by probe/parse, judged by checks/; holds no secret: an access
// key id is its last four characters.

/** `identity`: runs as the workload would. `bare`: the same namespace and node, without a role. */
export type ProbeRole = 'identity' | 'bare';

export interface HttpAnswer {
  /** 0 when no answer came. */
  status: number;
  /** Milliseconds until the whole answer was there. */
  ms: number;
  /** Why none came, in curl's words: `connection refused`, `timed out`…; null when one did. */
  failure: string | null;
  /** The first characters of the body when it holds no secret, else null. */
  body: string | null;
}

export interface CallerIdentity extends HttpAnswer {
  arn: string | null;
  /** STS's error code, such as InvalidClientTokenId. */
  errorCode: string | null;
}

export interface ProbeObservation {
  id: string;
  probeRole: ProbeRole;
  /** `namespace/Kind/name` that it stands for; null for a bare probe of a node. */
  workload: string | null;
  namespace: string;
  pod: string;
  node: string | null;
  serviceAccount: string;
  /** The role ARN that the workload should get; null for a bare probe. */
  expectedRole: string | null;
  outcome:
    | { state: 'ran' }
    /** It never ran: refused by admission, quota, an image that cannot be pulled, no room… */
    | { state: 'not-run'; why: string; next: string }
    /** It ran and its output could not be read whole. */
    | { state: 'broken'; why: string };
  /** Whom the daemon took the caller to be; null when the canary was not answered by it. */
  canary:
    | (HttpAnswer & { version: string | null; daemonNode: string | null; takenFor: string | null })
    | null;
  token: HttpAnswer | null;
  /** The listing without a token: must be 401 when tokens are required. */
  listingWithoutToken: HttpAnswer | null;
  listing: HttpAnswer | null;
  /** The credentials document of the listed (or expected) role. Body is never kept. */
  document:
    | (HttpAnswer & {
        code: string | null;
        keyIdEnding: string | null;
        expiration: string | null;
        message: string | null;
      })
    | null;
  /** GetCallerIdentity signed with what was served. */
  caller: CallerIdentity | null;
  /** The same call with an invented key: shows that STS looks at who signs. */
  invented: CallerIdentity | null;
  /** Attempts that must fail, by name: `other-role`, `extended`, `extended-role`, `iam-info`, `identity-credentials`… */
  attempts: Record<
    string,
    HttpAnswer & { path: string /** whether the body held a secret key */; leaked: boolean }
  >;
  /** A harmless path that must be answered: shows that the network and the token were good. */
  harmless: HttpAnswer | null;
  /** From the first request to the document, ms. */
  firstCredentialMs: number | null;
  /** Lifetime left in the document when it was served, seconds. */
  remainingSeconds: number | null;
}

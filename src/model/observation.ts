// What one diagnostic pod saw. Written by probe/parse, judged by checks/; holds no secret: an access
// key id is its last four characters.
import type { Source } from './container-ask.ts';

/** `identity`: runs as the workload would. `bare`: a pod without a role, on the same node. */
export type ProbeKind = 'identity' | 'bare';

export interface HttpAnswer {
  /** 0 when no answer came. */
  status: number;
  /** Milliseconds until the whole answer was there. */
  ms: number;
  /** Why none or not all of it came, in curl's words: `Connection refused`, `timed out`…; else null. */
  failure: string | null;
  /** The first characters of the body when it holds no secret, else null. */
  body: string | null;
}

export interface CanaryAnswer extends HttpAnswer {
  /** Whether it was the proxy that answered; all below is null when it was not. */
  isProxy: boolean;
  version: string | null;
  daemonNode: string | null;
  /** `namespace/pod` that the daemon took the caller for. */
  takenFor: string | null;
}

export interface DocumentAnswer extends HttpAnswer {
  /** The role that was asked for, as the path named it. */
  asked: string;
  /** The document's own `Code`; `Success` in a good one. */
  code: string | null;
  /** The last four characters of the access key id; null when no credentials were served. */
  keyIdEnding: string | null;
  expiration: string | null;
  /** In whose words a refusal came, from the body's `Message`. */
  message: string | null;
}

export interface CallerIdentity extends HttpAnswer {
  arn: string | null;
  /** STS's error code, such as InvalidClientTokenId. */
  errorCode: string | null;
  message: string | null;
}

/** An attempt that must fail. */
export interface Attempt extends HttpAnswer {
  path: string;
  /** The body's own `Code`: whether it was the proxy that said no, or STS beyond it. */
  code: string | null;
  /** Whether the body held a secret key. */
  leaked: boolean;
}

export const ATTEMPTS = [
  'other-role',
  'extended',
  'extended-role',
  'iam-info',
  'identity-credentials',
] as const;
export type AttemptName = (typeof ATTEMPTS)[number];

/** What `other-role` asks for where no other role is known: a role that nobody has. */
export const INVENTED_ROLE = 'pod-iam-invented-role';

/** Tokens that the container credentials endpoint must refuse: none, one with another signature, one of another audience. */
export const TOKEN_ATTEMPTS = ['no-token', 'forged-token', 'other-audience'] as const;
export type TokenAttemptName = (typeof TOKEN_ATTEMPTS)[number];

/** What the container credentials endpoint gave for the token that the workload's pods have. */
export interface ContainerObservation {
  url: string;
  /** Of the token; null for the API server's own, or no token. */
  audience: string | null;
  document: DocumentAnswer;
  caller: CallerIdentity | null;
  /** Not made where the endpoint did not answer at all. */
  attempts: Partial<Record<TokenAttemptName, Attempt>>;
  firstCredentialMs: number | null;
  remainingSeconds: number | null;
}

export interface ProbeObservation {
  id: string;
  kind: ProbeKind;
  /** `namespace/Kind/name` that it stands for; null for a bare probe. */
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
  /** Null is: not asked, here and below. */
  canary: CanaryAnswer | null;
  token: HttpAnswer | null;
  /** The listing without a token: 401 when tokens are required. */
  listingWithoutToken: HttpAnswer | null;
  listing: HttpAnswer | null;
  /** A second listing, asked only when the first one failed: tells a race at the start from a refusal. */
  listingAgain: HttpAnswer | null;
  /** The credentials document of the listed (or expected) role. Its body is kept only for a refusal. */
  document: DocumentAnswer | null;
  /** GetCallerIdentity signed with what was served. */
  caller: CallerIdentity | null;
  /** The same call with an invented key: shows that STS looks at who signs. */
  invented: CallerIdentity | null;
  /** Attempts that must fail; one that was not made is absent. */
  attempts: Partial<Record<AttemptName, Attempt>>;
  /** A harmless path that must be answered: shows that the network and the token were good. */
  harmless: HttpAnswer | null;
  /** Where the workload's SDKs ask, the first of their chain first; absent in earlier snapshots: the metadata address. */
  sources?: readonly Source[];
  /** Null when the workload does not ask there, or not with a token that a diagnostic pod can have. */
  container?: ContainerObservation | null;
  /** Token, listing and document together, as an SDK asks for them, in ms of waiting for answers. */
  firstCredentialMs: number | null;
  /** Lifetime left in the document when it was served, by the pod's clock, seconds. */
  remainingSeconds: number | null;
}

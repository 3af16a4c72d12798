// A rule of `trust-policy check`: data and a pure function over the parsed document.
import type { RoleArn } from '../model/arn.ts';
import type { Evidence, Severity } from '../model/finding.ts';
import type { Place, Policy } from '../model/policy.ts';
import type { AwsFacts, Fact, OwnSide } from '../model/snapshot.ts';
import type { Correction } from './edit.ts';

export interface CheckOptions {
  /** ARNs of the identities that must be let in; none when the document is judged by itself. */
  nodeIdentities: readonly string[];
  /** The account of the role, when known. */
  account: string | null;
  /** The role that carries the document, when known. */
  role: RoleArn | null;
  /** In characters without white space; AWS's default is 2048 and can be raised. */
  sizeQuota: number;
  /** That the pods send: null for none; absent when it is not known. */
  externalId?: string | null;
  /** A session name as the pods will have it; null or absent when it is not known. */
  sessionName?: string | null;
  /** What IAM told; null or absent when it was not asked. */
  live?: LiveFacts | null;
}

export interface LiveFacts extends Pick<AwsFacts, 'principals' | 'oidcProviders'> {
  /** What the nodes' own side says of assuming the role, by their ARN; absent when it was not asked. */
  ownSides?: ReadonlyMap<string, Fact<OwnSide>>;
}

export interface RuleInput {
  /** The file, or `stdin`. */
  name: string;
  text: string;
  /** All that could be read, also of a document that IAM would refuse. */
  policy: Policy;
  isRefused: boolean;
  options: CheckOptions;
}

export interface Violation {
  at: Place;
  /** Default: `fail` for errors and security, `warn` for the others. */
  status?: 'fail' | 'warn' | 'unknown';
  /** When it differs from the rule's. */
  severity?: Severity;
  observed: string;
  /** When there is more to say than the rule's. */
  why?: string;
  evidence?: readonly Evidence[];
  fix?: {
    text: string;
    command?: string | null;
    /** What is to be pasted somewhere else, such as a policy of the caller's. */
    patch?: string | null;
    /** Corrects this document. */
    correct?: Correction;
  };
}

export interface Rule {
  code: string;
  /** What holds when it passes, in a few words. */
  title: string;
  severity: Severity;
  /** Why it matters, one or two sentences. */
  why: string;
  /** What to do, when a violation does not say it better. */
  fix: string;
  /**
   * What breaks the rule, beside the parser's faults of the same code; null when the rule does not
   * apply, such as for want of an option. Evidence of a pass may be given instead of violations.
   */
  find(input: RuleInput): Violation[] | { passed: readonly Evidence[] } | null;
}

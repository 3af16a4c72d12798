// Everything that can go wrong, in the three kinds that a reader must tell apart: their own input,
// the world around the program, or a defect of ours. Only commands/ turns a problem into text, and
// only proxy/reply into a status.

import { fileFault } from './file-fault.ts';

/** Exit codes of the command line, the same for every output format. */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  unchecked: 3,
  interrupted: 4,
  defect: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type ProblemKind = 'usage' | 'environment' | 'interrupted' | 'defect';

export interface ProblemDetails {
  /** What happened, and to which object. One sentence, no final full stop needed. */
  what: string;
  /** Why: the cause as far as known, such as the API's own reason and the request id. */
  why?: string;
  /** The next thing to type or to do. There always is one, if only to look more closely. */
  next: string;
  /** A stable name such as `NO_CLUSTER` for scripts that read the JSON form. */
  code: string;
  cause?: unknown;
}

const exitCodes: Record<ProblemKind, ExitCode> = {
  usage: EXIT.usage,
  environment: EXIT.unchecked,
  interrupted: EXIT.interrupted,
  defect: EXIT.defect,
};

/** An error that a user can act on. Its message is `what`; `why` and `next` follow it on own lines. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly code: string;
  readonly why: string | undefined;
  readonly next: string;

  constructor(kind: ProblemKind, details: ProblemDetails) {
    super(details.what, { cause: details.cause });
    this.name = 'Problem';
    this.kind = kind;
    this.code = details.code;
    this.why = details.why;
    this.next = details.next;
  }

  get exitCode(): ExitCode {
    return exitCodes[this.kind];
  }
}

/** The user's words or files are off: exit 2. */
export const usageProblem = (details: ProblemDetails): Problem => new Problem('usage', details);

/** The cluster, AWS or the machine did not do its part: exit 3. */
export const environmentProblem = (details: ProblemDetails): Problem => new Problem('environment', details);

/** Ctrl-C, SIGTERM or a deadline: exit 4. */
export const interruptedProblem = (details: ProblemDetails): Problem => new Problem('interrupted', details);

/** @param what which file: `FILE cannot be written` */
export const cannotWrite = (what: string, cause: unknown): Problem =>
  environmentProblem({
    code: 'CANNOT_WRITE',
    what,
    why: fileFault(cause),
    next: 'give another place, or make this one writable',
    cause,
  });

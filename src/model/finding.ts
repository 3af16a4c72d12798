// What a check says of one subject. In this form it stands in the JSON of every report, so a field is added, never renamed or removed.

export type Status = 'pass' | 'warn' | 'fail' | 'skip' | 'unknown';
export type Severity = 'error' | 'security' | 'warning' | 'info';

export interface Subject {
  kind: string;
  namespace: string | null;
  name: string;
  container: string | null;
  node: string | null;
  role: string | null;
  file: string | null;
  /** JSON pointer into the file or object. */
  pointer: string | null;
  /** 1-based. */
  line: number | null;
  /** 1-based, in UTF-16 units. */
  column: number | null;
}

export interface Evidence {
  what: string;
  value: string;
}

/** What shows that an experiment could have come out the other way. */
export interface Control {
  what: string;
  outcome: string;
}

export interface Fix {
  text: string;
  /** A command with real names, quoted for a POSIX shell. */
  command: string | null;
  /** A patch or a whole corrected document to paste. */
  patch: string | null;
  /** Where `patch` is the whole corrected document: what makes it of the file as it is. */
  jsonPatch?: readonly PatchOperation[];
}

/** RFC 6902. */
export type PatchOperation =
  | { op: 'add' | 'replace'; path: string; value: unknown }
  | { op: 'remove'; path: string };

export interface Finding {
  status: Status;
  subject: Subject;
  expected: string;
  observed: string;
  why: string;
  evidence: readonly Evidence[];
  control: Control | null;
  fix: Fix | null;
  /** For `skip`: the code whose failure made this pointless. For `unknown`: null. */
  because: string | null;
}

/** A finding with the code, title and severity of the check that made it. */
export interface Result extends Finding {
  code: string;
  title: string;
  severity: Severity;
}

/** What was proven of one workload by a diagnostic pod. */
export interface WorkloadProof {
  /** `namespace/Kind/name`. */
  workload: string;
  node: string | null;
  expectedRole: string | null;
  provenArn: string | null;
  via: 'imds' | 'container' | 'web-identity' | 'environment' | 'none';
  ok: boolean;
  firstCredentialMs: number | null;
  remainingSeconds: number | null;
}

export interface Summary {
  pass: number;
  warn: number;
  fail: number;
  skip: number;
  unknown: number;
  suppressed: number;
}

export interface Report {
  schemaVersion: 1;
  tool: { name: 'pod-iam'; version: string };
  context: { cluster: string | null; mode: string[]; account: string | null };
  startedAt: string;
  durationMs: number;
  /** False when the run broke down or was interrupted before all checks were decided. */
  complete: boolean;
  summary: Summary;
  results: Result[];
  workloads?: WorkloadProof[];
}

/** A subject with null for all that is not said. */
export function subject(kind: string, name: string, rest: Partial<Subject> = {}): Subject {
  return {
    kind,
    name,
    namespace: null,
    container: null,
    node: null,
    role: null,
    file: null,
    pointer: null,
    line: null,
    column: null,
    ...rest,
  };
}

type Words = {
  expected: string;
  observed: string;
  why?: string;
  evidence?: readonly Evidence[];
  control?: Control | null;
  fix?: Fix | null;
};

function finding(status: Status, of: Subject, words: Words, because: string | null = null): Finding {
  return {
    status,
    subject: of,
    expected: words.expected,
    observed: words.observed,
    why: words.why ?? '',
    evidence: words.evidence ?? [],
    control: words.control ?? null,
    fix: words.fix ?? null,
    because,
  };
}

export const pass = (of: Subject, words: Words): Finding => finding('pass', of, words);
export const warn = (of: Subject, words: Words): Finding => finding('warn', of, words);
export const fail = (of: Subject, words: Words): Finding => finding('fail', of, words);
export const unknown = (of: Subject, words: Words): Finding => finding('unknown', of, words);
export const skip = (of: Subject, because: string, words: Words): Finding =>
  finding('skip', of, words, because);

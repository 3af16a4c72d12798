// A check is data and a pure function over the snapshot, so that its order cannot matter, a test
// needs no server, and a support case replays from a file.
import type { Finding, Severity } from './finding.ts';
import type { Snapshot } from './snapshot.ts';

/** K Kubernetes API · I AWS APIs · A diagnostic pod · N node · F files alone. */
export type DecidedBy = 'K' | 'I' | 'A' | 'N' | 'F';

export interface Check {
  code: string;
  /** What holds when the check passes, in a few words: `the canary is answered by the proxy`. */
  title: string;
  severity: Severity;
  decidedBy: readonly DecidedBy[];
  /** Codes whose failure on the same workload or node makes this one pointless. */
  after: readonly string[];
  /**
   * Looks beyond whether pods get their roles now: the doctor's, not verify's. Not being allowed to look
   * is told, and is no error.
   */
  isAudit?: true;
  /** Findings for every subject it looked at, passes included. Facts missing → `unknown`, never a pass. */
  run(snapshot: Snapshot): Finding[];
}

// A workload's SDKs ask at the metadata address, or by a token, or some of its containers each: what a
// diagnostic pod saw at either is judged alike, and the worst of it counts.
import type { Source } from '../model/container-ask.ts';
import type { Finding, Status } from '../model/finding.ts';
import type { ProbeObservation } from '../model/observation.ts';

/** An observation with document, caller and times as one source gave them. */
export interface Seen extends ProbeObservation {
  source: Source;
}

/** What was seen where the workload's SDKs ask, in the order of their chain. */
export const seenBySource = (observation: ProbeObservation): Seen[] =>
  (observation.sources ?? ['imds']).map((source) => seenAt(observation, source));

/** The worst finding over all ways in which the workload asks. */
export const judgeSources = (observation: ProbeObservation, judge: (seen: Seen) => Finding): Finding =>
  worst(seenBySource(observation).map(judge));

/** What a probe saw by one of the ways, in the fields that checks read. */
export function seenAt(observation: ProbeObservation, source: Source): Seen {
  if (source === 'imds') return { ...observation, source };
  const { container } = observation;
  return {
    ...observation,
    source,
    document: container?.document ?? null,
    caller: container?.caller ?? null,
    firstCredentialMs: container?.firstCredentialMs ?? null,
    remainingSeconds: container?.remainingSeconds ?? null,
  };
}

const order: readonly Status[] = ['fail', 'unknown', 'warn', 'skip', 'pass'];

/** The first of the worst status. */
export const worst = (findings: readonly Finding[]): Finding =>
  findings.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))[0]!;

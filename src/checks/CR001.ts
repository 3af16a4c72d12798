// CR001: token, listing and document must each come within the second that SDKs wait; together that is
// only a warning.
import { type Finding, fail, pass, skip, warn } from '../model/finding.ts';
import type { HttpAnswer } from '../model/observation.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { answerText } from './observed.ts';
import { clusterSubject, identityProbes, probedWorkload, unread } from './shared.ts';
import { judgeSources, type Seen } from './sources.ts';

const LIMIT_MS = 1000;
const expected = `the first credential comes within ${LIMIT_MS} ms`;
const why = 'most SDKs make one attempt of 1 s and then report that there are no credentials';

export function run(snapshot: Snapshot): Finding[] {
  const { probes } = snapshot;
  if (probes.state === 'unknown') return [unread(probes, clusterSubject(snapshot), expected, why)];
  return identityProbes(snapshot).map((observation) => judgeSources(observation, judge));
}

function judge(observation: Seen): Finding {
  const of = probedWorkload(observation);
  const { firstCredentialMs: ms, token, listing, document, harmless, source } = observation;
  const steps: [string, HttpAnswer | null][] =
    source === 'container'
      ? [['container credentials', document]]
      : [
          ['token', token],
          ['listing', listing],
          ['document', document],
        ];
  if (ms === null) return skip(of, 'ID010', { expected, observed: 'no credentials were obtained' });
  const words = {
    expected,
    observed: `${ms} ms`,
    why,
    evidence: steps.map(([what, answer]) => ({ what, value: answerText(answer) })),
    control: { what: 'a harmless path over the same network', outcome: answerText(harmless) },
  };
  if (ms < LIMIT_MS) return pass(of, words);
  const isTooLate = steps.some(([, answer]) => (answer?.ms ?? 0) >= LIMIT_MS);
  const fix = {
    text: 'see whether the daemon has CPU enough and how far its STS endpoint is (--sts-endpoint, --region)',
    command: 'pod-iam status',
    patch: null,
  };
  return (isTooLate ? fail : warn)(of, { ...words, fix });
}
